import { CodedError } from "#kernel/errors.ts";

/** The client broke the protocol; the connection ends as sshd ends it. */
export class SshProtocolError extends CodedError {
  readonly code = "SSH_PROTOCOL";
  /** What sshd puts into its disconnect message; `undefined` = it closes without one. */
  readonly disconnect: string | undefined;

  constructor(what: string, disconnect?: string) {
    super(what);
    this.disconnect = disconnect;
  }
}
