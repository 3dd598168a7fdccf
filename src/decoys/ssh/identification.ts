/** Longest identification line sshd reads. */
const MAX_LINE = 8_192;

export interface ClientVersion {
  /** The line without its end: part of the exchange hash. */
  readonly raw: string;
  readonly protocol: string;
  readonly software: string;
  readonly comments: string;
}

export type Identified =
  | { readonly state: "more" }
  | { readonly state: "version"; readonly version: ClientVersion; readonly rest: Buffer }
  /** `answer`: sshd's line, sent before it closes; none for probes that it only logs. */
  | {
      readonly state: "refused";
      readonly answer: string | undefined;
      readonly error: string;
      readonly seen: Buffer;
    };

const INVALID = "Invalid SSH identification string.\r\n";
const DIFFER = "Protocol major versions differ.\r\n";

/**
 * Reads the client's identification as OpenSSH's `kex_exchange_identification` does, byte for byte: the
 * same input is accepted, refused with the same line, or waited for.
 */
export class Identification {
  #line: number[] = [];
  #expectLf = false;
  #seen: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): Identified {
    if (this.#seen.length < 512) this.#seen = Buffer.concat([this.#seen, chunk.subarray(0, 512)]);
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === 0x0d) {
        this.#expectLf = true;
        continue;
      }
      if (byte === 0x0a) return this.#judge(chunk.subarray(at + 1));
      if (byte === 0 || this.#expectLf)
        return this.#refuse(INVALID, "banner line contains invalid characters");
      this.#line.push(byte);
      if (this.#line.length > MAX_LINE) return this.#refuse(INVALID, "banner line too long");
    }
    return { state: "more" };
  }

  #refuse(answer: string | undefined, error: string): Identified {
    return { state: "refused", answer, error, seen: this.#seen.subarray(0, 512) };
  }

  #judge(rest: Buffer): Identified {
    const raw = Buffer.from(this.#line).toString("latin1");
    if (raw.length <= 4 || !raw.startsWith("SSH-"))
      return this.#refuse(INVALID, "invalid protocol identifier");
    // sscanf("SSH-%d.%d-%[^\n]"): blanks and a sign may stand before each number.
    const match = /^SSH-\s*([+-]?\d+)\.\s*([+-]?\d+)-(.+)$/s.exec(raw);
    if (match === null) return this.#refuse(INVALID, "bad remote protocol version identification");
    const [, major = "", minor = "", software = ""] = match;
    if (!(Number(major) === 2 || (Number(major) === 1 && Number(minor) === 99)))
      return this.#refuse(DIFFER, "protocol major versions differ");
    if (software.startsWith("Probe-")) return this.#refuse(undefined, "probed");
    if (software.startsWith("SSH_Version_Mapper")) return this.#refuse(undefined, "scanned");
    const space = software.indexOf(" ");
    return {
      state: "version",
      version: {
        raw,
        protocol: `${major}.${minor}`,
        software: space < 0 ? software : software.slice(0, space),
        comments: space < 0 ? "" : software.slice(space + 1),
      },
      rest,
    };
  }
}
