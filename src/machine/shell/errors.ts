import { CodedError } from "#kernel/errors.ts";
import type { Errno } from "../contract.ts";
import { errnoText, FsError } from "../errors.ts";

/** A pretend process is ended by a signal: unwinds whatever it was doing. */
export class ProcessEnded extends CodedError {
  readonly code = "MACHINE_PROCESS_ENDED";
  readonly signal: number;
  constructor(signal: number) {
    super("A pretend process was ended by a signal.");
    this.signal = signal;
  }
}

/** A limit of the machine was reached; what runs is ended as the kernel would end it. */
export class LimitReached extends CodedError {
  readonly code = "MACHINE_LIMIT_REACHED";
  readonly limit: string;
  constructor(limit: string) {
    super("A limit of the pretend machine was reached.");
    this.limit = limit;
  }
}

/** An errno that a call of the pretend machine gives. */
export class CallFailed extends CodedError {
  readonly code = "MACHINE_CALL_FAILED";
  readonly errno: Errno | ExtraErrno;
  constructor(errno: Errno | ExtraErrno) {
    super("A call of the pretend machine failed.");
    this.errno = errno;
  }
}

/** Errors of descriptors and the network that no file operation gives. */
export type ExtraErrno =
  | "EBADF"
  | "EPIPE"
  | "EMFILE"
  | "ENOMEM"
  | "ETIMEDOUT"
  | "ECONNREFUSED"
  | "ENETUNREACH"
  | "EHOSTUNREACH"
  | "ENOEXEC"
  | "ETXTBSY"
  | "ESPIPE"
  | "ENOTTY";

const extraTexts: Readonly<Record<ExtraErrno, string>> = {
  EBADF: "Bad file descriptor",
  EPIPE: "Broken pipe",
  EMFILE: "Too many open files",
  ENOMEM: "Cannot allocate memory",
  ETIMEDOUT: "Connection timed out",
  ECONNREFUSED: "Connection refused",
  ENETUNREACH: "Network is unreachable",
  EHOSTUNREACH: "No route to host",
  ENOEXEC: "Exec format error",
  ETXTBSY: "Text file busy",
  ESPIPE: "Illegal seek",
  ENOTTY: "Inappropriate ioctl for device",
};

export type AnyErrno = Errno | ExtraErrno;

/** The errno an error of the file system or of a call carries; undefined when it is none of these. */
export function errnoOf(error: unknown): AnyErrno | undefined {
  return error instanceof FsError || error instanceof CallFailed ? error.errno : undefined;
}

export function strerror(errno: AnyErrno): string {
  return isExtra(errno) ? extraTexts[errno] : errnoText(errno);
}

function isExtra(errno: AnyErrno): errno is ExtraErrno {
  return Object.hasOwn(extraTexts, errno);
}
