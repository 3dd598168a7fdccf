import type { ExitStatus, Pipes, Shell, Terminal } from "../contract.ts";

/** Runs one command without a terminal and gathers what it says. */
export async function runExec(
  shell: Shell,
  command: string,
  options: { readonly stdin?: string | Uint8Array; readonly signal?: AbortSignal } = {},
): Promise<ExitStatus & { readonly stdout: string; readonly stderr: string }> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const input = options.stdin;
  const pipes: Pipes = {
    stdin: (async function* () {
      if (input !== undefined) yield Buffer.from(input as string);
    })(),
    stdout: (bytes) => {
      out.push(Buffer.from(bytes));
    },
    stderr: (bytes) => {
      err.push(Buffer.from(bytes));
    },
  };
  const status = await shell.exec(command, pipes, options.signal ?? new AbortController().signal);
  return { ...status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** A terminal that a test types on and looks at. */
export class TestTerminal implements Terminal {
  size = { columns: 80, rows: 24 };
  screen = "";
  #keys: Uint8Array[] = [];
  #closed = false;
  #wake: () => void = () => {};
  #watchers: (() => void)[] = [];
  #resized: ((size: { columns: number; rows: number }) => void)[] = [];

  readonly input: AsyncIterable<Uint8Array> = this.#read();

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const key = this.#keys.shift();
      if (key !== undefined) yield key;
      else if (this.#closed) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  type(text: string): void {
    this.#keys.push(Buffer.from(text));
    this.#wake();
  }
  close(): void {
    this.#closed = true;
    this.#wake();
  }
  write(bytes: Uint8Array): void {
    this.screen += Buffer.from(bytes).toString();
    for (const watcher of this.#watchers) watcher();
  }
  onResize(listener: (size: { columns: number; rows: number }) => void): void {
    this.#resized.push(listener);
  }

  /** Resolves when the screen after `from` holds the text. */
  async shows(text: string | RegExp, from = 0): Promise<string> {
    const has = () =>
      typeof text === "string" ? this.screen.slice(from).includes(text) : text.test(this.screen.slice(from));
    while (!has()) {
      await new Promise<void>((resolve) => {
        const watcher = () => {
          this.#watchers = this.#watchers.filter((each) => each !== watcher);
          resolve();
        };
        this.#watchers.push(watcher);
      });
    }
    return this.screen.slice(from);
  }
}
