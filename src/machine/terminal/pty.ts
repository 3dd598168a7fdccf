import type { Terminal } from "../contract.ts";
import { CallFailed } from "../shell/errors.ts";
import type { Tty } from "../shell/host.ts";
import { abortable, type OpenFile } from "../shell/open-file.ts";
import { SIGNAL } from "../shell/signals.ts";

/** Input that waits for a reader; a kernel keeps 4096 bytes of a line, we keep more than one paste. */
const MAX_WAITING = 262_144;

interface PtyOptions {
  readonly name: string;
  readonly terminal: Terminal;
  /** ^C, ^\ and ^Z for a process group. */
  readonly onSignal: (group: number, signal: number) => void;
  /** Counts output; waits while the line is slower. */
  readonly meter: (bytes: number) => Promise<void> | undefined;
}

/** A pseudo terminal: termios line discipline between a client and the programs. */
export class Pty implements Tty {
  readonly name: string;
  readonly file: OpenFile;
  readonly modes = { echo: true, canonical: true, signals: true, outputNewline: true };
  foreground = 0;
  /** Bytes of input beyond the bound: lost as a tty loses them. */
  dropped = 0;
  readonly #terminal: Terminal;
  readonly #options: PtyOptions;
  #ready: number[] = [];
  #line: number[] = [];
  #endOfFile = false;
  #hungUp = false;
  #editor = false;
  #held: Promise<void> | undefined;
  #release: () => void = () => {};
  #wake: (() => void)[] = [];
  #literal = false;

  constructor(options: PtyOptions) {
    this.name = options.name;
    this.#terminal = options.terminal;
    this.#options = options;
    this.file = {
      kind: "terminal",
      path: `/dev/${options.name}`,
      read: (max, signal) => this.#read(max, signal),
      write: (bytes) => this.#write(bytes),
      close: () => {},
    };
  }

  size(): { readonly columns: number; readonly rows: number } {
    return this.#terminal.size;
  }

  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** Carries the client's keystrokes until it goes away. */
  async pump(): Promise<void> {
    try {
      for await (const chunk of this.#terminal.input) {
        for (const byte of chunk) this.#key(byte);
        this.#notify();
      }
    } finally {
      this.hangUp();
    }
  }

  hangUp(): void {
    this.#hungUp = true;
    this.#release();
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  async #changed(signal: AbortSignal): Promise<void> {
    await abortable(
      new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      }),
      signal,
    );
  }

  #key(byte: number): void {
    if (this.#ready.length + this.#line.length >= MAX_WAITING) {
      this.dropped += 1;
      return;
    }
    if (this.#editor) {
      if (byte === 19 || byte === 17) return;
      this.#ready.push(byte);
      return;
    }
    if (this.#literal) {
      this.#literal = false;
      this.#accept(byte);
      return;
    }
    if (this.modes.signals && this.#signal(byte)) return;
    if (this.#flow(byte)) return;
    const key = byte === 13 ? 10 : byte;
    if (this.modes.canonical) this.#canonical(key);
    else {
      this.#ready.push(key);
      this.#echo(key);
    }
  }

  #flow(byte: number): boolean {
    if (byte === 19) {
      this.#held ??= new Promise((resolve) => {
        this.#release = resolve;
      });
      return true;
    }
    if (byte !== 17) return false;
    this.#release();
    this.#held = undefined;
    return true;
  }

  #signal(byte: number): boolean {
    const signal = { 3: SIGNAL.INT, 28: SIGNAL.QUIT, 26: SIGNAL.TSTP }[byte];
    if (signal === undefined) return false;
    if (this.modes.echo) this.#show(`^${String.fromCharCode(byte + 64)}`);
    this.#line = [];
    this.#ready = [];
    this.#release();
    this.#held = undefined;
    this.#options.onSignal(this.foreground, signal);
    return true;
  }

  #canonical(key: number): void {
    switch (key) {
      case 10:
        this.#line.push(10);
        this.#echo(10);
        this.#commit();
        return;
      case 4:
        if (this.#line.length === 0) this.#endOfFile = true;
        this.#commit();
        return;
      case 8:
      case 127:
        this.#erase(1);
        return;
      case 21:
        this.#erase(this.#line.length);
        return;
      case 23:
        this.#erase(wordLength(this.#line));
        return;
      case 22:
        this.#literal = true;
        return;
      default:
        this.#accept(key);
    }
  }

  #accept(key: number): void {
    this.#line.push(key);
    this.#echo(key);
  }

  #commit(): void {
    this.#ready.push(...this.#line);
    this.#line = [];
  }

  #erase(count: number): void {
    for (let each = 0; each < count && this.#line.length > 0; each++) {
      let byte = this.#line.pop() ?? 0;
      while (byte >= 0x80 && byte < 0xc0 && this.#line.length > 0) byte = this.#line.pop() ?? 0;
      if (this.modes.echo) this.#show(byte < 32 && byte !== 9 ? "\b \b\b \b" : "\b \b");
    }
  }

  #echo(key: number): void {
    if (key === 10) {
      if (this.modes.echo) this.#show("\r\n");
    } else if (this.modes.echo) {
      if (key < 32 && key !== 9) this.#show(`^${String.fromCharCode(key + 64)}`);
      else void this.#terminal.write(Uint8Array.of(key));
    }
  }

  #show(text: string): void {
    void this.#terminal.write(Buffer.from(text, "latin1"));
  }

  async #read(max: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#ready.length > 0) return this.#take(max);
      if (this.#endOfFile) {
        this.#endOfFile = false;
        return undefined;
      }
      if (this.#hungUp) return undefined;
      await this.#changed(signal);
    }
  }

  #take(max: number): Uint8Array {
    const newline = this.modes.canonical ? this.#ready.indexOf(10) : -1;
    const length = Math.min(max, newline < 0 ? this.#ready.length : newline + 1);
    return Uint8Array.from(this.#ready.splice(0, length));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#hungUp) throw new CallFailed("EIO");
    if (this.#held !== undefined) await this.#held;
    const wait = this.#options.meter(bytes.length);
    if (wait !== undefined) await wait;
    await this.#terminal.write(this.modes.outputNewline ? withCarriageReturns(bytes) : bytes);
  }

  /**
   * Hands keystrokes to a line editor, which sees every byte and echoes by itself. What was typed
   * ahead is its first input.
   */
  startEditing(): void {
    this.#editor = true;
    this.#ready.push(...this.#line);
    this.#line = [];
    if (this.#endOfFile) this.#ready.push(4);
    this.#endOfFile = false;
  }

  stopEditing(): void {
    this.#editor = false;
    const rest = this.#ready;
    this.#ready = [];
    for (const byte of rest) this.#line.push(byte === 13 ? 10 : byte);
    const last = this.#line.lastIndexOf(10);
    if (last >= 0) this.#ready = this.#line.splice(0, last + 1);
  }

  /** Next byte for the editor; undefined when the client is gone. */
  async nextByte(signal: AbortSignal): Promise<number | undefined> {
    for (;;) {
      const byte = this.#ready.shift();
      if (byte !== undefined) return byte;
      if (this.#hungUp) return undefined;
      await this.#changed(signal);
    }
  }

  /** True when more keys have already arrived: an escape sequence goes on. */
  get hasInput(): boolean {
    return this.#ready.length > 0;
  }

  /** Output of the editor itself: no newline translation. */
  async show(text: string): Promise<void> {
    if (!this.#hungUp) await this.#terminal.write(Buffer.from(text));
  }

  async readSecret(signal: AbortSignal): Promise<string | undefined> {
    const { echo } = this.modes;
    this.modes.echo = false;
    try {
      let line = "";
      for (;;) {
        const chunk = await this.#read(4096, signal);
        if (chunk === undefined) return line === "" ? undefined : line;
        line += Buffer.from(chunk).toString("utf8");
        if (line.endsWith("\n")) return line.slice(0, -1);
      }
    } finally {
      this.modes.echo = echo;
      this.#show("\r\n");
    }
  }
}

function wordLength(line: readonly number[]): number {
  let at = line.length;
  while (at > 0 && line[at - 1] === 32) at -= 1;
  while (at > 0 && line[at - 1] !== 32) at -= 1;
  return line.length - at;
}

function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  let newlines = 0;
  for (const byte of bytes) if (byte === 10) newlines += 1;
  if (newlines === 0) return bytes;
  const out = new Uint8Array(bytes.length + newlines);
  let at = 0;
  for (const byte of bytes) {
    if (byte === 10) out[at++] = 13;
    out[at++] = byte;
  }
  return out;
}
