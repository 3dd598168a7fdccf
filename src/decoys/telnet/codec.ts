/** RFC 854 command bytes. */
export const IAC = 255;
export const DONT = 254;
export const DO = 253;
export const WONT = 252;
export const WILL = 251;
export const SB = 250;
export const AYT = 246;
export const IP = 244;
export const EC = 247;
export const EL = 248;
export const SE = 240;
const CR = 0x0d;
const LF = 0x0a;

/** Longest subnegotiation kept, as telnetd's own buffer; the rest is read and forgotten. */
const MAX_SUB = 512;

export type TelnetItem =
  | { readonly kind: "data"; readonly bytes: Buffer }
  | {
      readonly kind: "option";
      readonly verb: typeof DO | typeof DONT | typeof WILL | typeof WONT;
      readonly option: number;
    }
  | { readonly kind: "sub"; readonly option: number; readonly bytes: Buffer }
  | { readonly kind: "command"; readonly command: number };

type State = "data" | "cr" | "iac" | "option" | "sub" | "sub-iac";

/**
 * Takes the client's stream apart. In data, CR LF and CR NUL become CR, as a pty gets them; a doubled IAC
 * becomes one. Any bytes are accepted; memory is bounded by one subnegotiation.
 */
export class TelnetDecoder {
  #state: State = "data";
  #verb: typeof DO | typeof DONT | typeof WILL | typeof WONT = DO;
  #sub: number[] = [];

  take(chunk: Buffer): readonly TelnetItem[] {
    const items: TelnetItem[] = [];
    let data: number[] = [];
    const flush = (): void => {
      if (data.length > 0) items.push({ kind: "data", bytes: Buffer.from(data) });
      data = [];
    };
    for (const byte of chunk) {
      switch (this.#state) {
        case "cr":
          this.#state = "data";
          if (byte === LF || byte === 0) break;
          this.#data(byte, data);
          break;
        case "data":
          this.#data(byte, data);
          break;
        case "iac":
          if (byte === IAC) {
            data.push(IAC);
            this.#state = "data";
            break;
          }
          flush();
          this.#command(byte, items);
          break;
        case "option":
          items.push({ kind: "option", verb: this.#verb, option: byte });
          this.#state = "data";
          break;
        case "sub":
        case "sub-iac":
          this.#subByte(byte, items);
          break;
      }
    }
    flush();
    return items;
  }

  #data(byte: number, data: number[]): void {
    if (byte === IAC) {
      this.#state = "iac";
      return;
    }
    if (byte === CR) this.#state = "cr";
    data.push(byte);
  }

  #command(byte: number, items: TelnetItem[]): void {
    if (byte === WILL || byte === WONT || byte === DO || byte === DONT) {
      this.#verb = byte;
      this.#state = "option";
    } else if (byte === SB) {
      this.#sub = [];
      this.#state = "sub";
    } else {
      items.push({ kind: "command", command: byte });
      this.#state = "data";
    }
  }

  #subByte(byte: number, items: TelnetItem[]): void {
    if (this.#state === "sub") {
      if (byte === IAC) this.#state = "sub-iac";
      else if (this.#sub.length < MAX_SUB) this.#sub.push(byte);
      return;
    }
    if (byte === IAC) {
      if (this.#sub.length < MAX_SUB) this.#sub.push(IAC);
      this.#state = "sub";
      return;
    }
    const [option = 0, ...bytes] = this.#sub;
    items.push({ kind: "sub", option, bytes: Buffer.from(bytes) });
    this.#state = "data";
    if (byte !== SE) this.#command(byte, items);
  }
}

/** Doubles IAC; `bareCr`: a CR without LF is followed by NUL, as RFC 854 wants and inetutils does. */
export class TelnetEncoder {
  readonly #bareCr: boolean;
  #pendingCr = false;

  constructor(bareCr: boolean) {
    this.#bareCr = bareCr;
  }

  encode(bytes: Uint8Array): Buffer {
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.#pendingCr && byte !== LF) out.push(0);
      this.#pendingCr = this.#bareCr && byte === CR;
      out.push(byte);
      if (byte === IAC) out.push(IAC);
    }
    // A CR at the very end is settled now: waiting for the next write would hold back a cursor.
    if (this.#pendingCr) out.push(0);
    this.#pendingCr = false;
    return Buffer.from(out);
  }
}
