/** What a terminal in canonical mode keeps of one line. */
const MAX_LINE = 4_095;

export type Echo = "on" | "off";

const printableControl = (byte: number): string => `^${String.fromCharCode(byte ^ 0x40)}`;

/**
 * The terminal driver's line editing while login reads: echo, erase, kill, end of file. Bytes are kept as
 * they came; what follows the end of a line waits for the next prompt.
 */
export class LineReader {
  #line: number[] = [];
  #echo: Echo = "on";
  readonly #write: (text: Buffer) => void;

  constructor(write: (text: Buffer) => void) {
    this.#write = write;
  }

  /** Begins a new line. */
  begin(echo: Echo): void {
    this.#line = [];
    this.#echo = echo;
  }

  /** @returns how many bytes were used and, at its end, the line (`undefined` line = end of file). */
  take(bytes: Buffer): { readonly used: number; readonly line?: Buffer; readonly eof?: true } {
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === 0x0d || byte === 0x0a) {
        if (this.#echo === "on") this.#write(Buffer.from("\r\n"));
        return { used: at + 1, line: Buffer.from(this.#line) };
      }
      if (byte === 0x04 && this.#line.length === 0) return { used: at + 1, eof: true };
      this.#key(byte);
    }
    return { used: bytes.length };
  }

  #key(byte: number): void {
    if (byte === 0x7f || byte === 0x08) {
      const last = this.#line.pop();
      if (last !== undefined) this.#show(Buffer.from(last < 0x20 ? "\b \b\b \b" : "\b \b"));
      return;
    }
    if (byte === 0x15) {
      this.#show(Buffer.from("\b \b".repeat(this.#line.length)));
      this.#line = [];
      return;
    }
    if (this.#line.length >= MAX_LINE) {
      this.#write(Buffer.from([0x07]));
      return;
    }
    this.#line.push(byte);
    this.#show(byte < 0x20 && byte !== 0x09 ? Buffer.from(printableControl(byte)) : Buffer.from([byte]));
  }

  #show(bytes: Buffer): void {
    if (this.#echo === "on" && bytes.length > 0) this.#write(bytes);
  }
}
