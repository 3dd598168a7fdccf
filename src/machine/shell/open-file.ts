import { CallFailed } from "./errors.ts";

/** What a descriptor points to. Methods wait; `signal` aborts the wait with its reason. */
export interface OpenFile {
  readonly kind: "pipe" | "file" | "terminal" | "null" | "socket";
  /** For `/proc/self/fd` and messages. */
  readonly path: string;
  /** At least one byte, or undefined at the end. */
  read(max: number, signal: AbortSignal): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void> | void;
  /** Called once, when the last reference is gone. */
  close(): void;
  /** Puts bytes back that were read too far; only what cannot seek refuses. */
  unread?(bytes: Uint8Array): void;
}

/** A shared open file with its count of descriptors. */
export class Descriptor {
  readonly file: OpenFile;
  #references = 1;
  constructor(file: OpenFile) {
    this.file = file;
  }
  retain(): this {
    this.#references += 1;
    return this;
  }
  release(): void {
    this.#references -= 1;
    if (this.#references === 0) this.file.close();
  }
}

export type Descriptors = Map<number, Descriptor>;

export function copyDescriptors(from: Descriptors): Descriptors {
  const copy: Descriptors = new Map();
  for (const [fd, descriptor] of from) copy.set(fd, descriptor.retain());
  return copy;
}

export function setDescriptor(table: Descriptors, fd: number, descriptor: Descriptor | undefined): void {
  const former = table.get(fd);
  if (descriptor === undefined) table.delete(fd);
  else table.set(fd, descriptor);
  former?.release();
}

const PIPE_BYTES = 65_536;

/** Waits for `promise` unless `signal` aborts first; then throws its reason. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", abort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener("abort", abort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", abort);
        reject(error instanceof Error ? error : new CallFailed("EIO"));
      },
    );
  });
}

/** A kernel pipe: 64 KiB, writers wait for readers, end of file when the last writer closes. */
export class Pipe {
  readonly reader: OpenFile;
  readonly writer: OpenFile;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #readers = true;
  #writers = true;
  #wake: (() => void)[] = [];

  constructor(path = "pipe:[31416]") {
    this.reader = {
      kind: "pipe",
      path,
      read: (max, signal) => this.#read(max, signal),
      write: () => {
        throw new CallFailed("EBADF");
      },
      unread: (bytes) => {
        this.#chunks.unshift(bytes);
        this.#size += bytes.length;
      },
      close: () => {
        this.#readers = false;
        this.#chunks = [];
        this.#notify();
      },
    };
    this.writer = {
      kind: "pipe",
      path,
      read: () => {
        throw new CallFailed("EBADF");
      },
      write: (bytes, signal) => this.#write(bytes, signal),
      close: () => {
        this.#writers = false;
        this.#notify();
      },
    };
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  #changed(signal: AbortSignal): Promise<void> {
    return abortable(
      new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      }),
      signal,
    );
  }

  async #read(max: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    while (this.#size === 0) {
      if (!this.#writers) return undefined;
      await this.#changed(signal);
    }
    return this.#take(max);
  }

  #take(max: number): Uint8Array {
    const first = this.#chunks[0] ?? new Uint8Array(0);
    if (first.length <= max) {
      this.#chunks.shift();
      this.#size -= first.length;
      this.#notify();
      return first;
    }
    this.#chunks[0] = first.subarray(max);
    this.#size -= max;
    this.#notify();
    return first.subarray(0, max);
  }

  async #write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (!this.#readers) throw new CallFailed("EPIPE");
      const room = PIPE_BYTES - this.#size;
      if (room <= 0) {
        await this.#changed(signal);
        continue;
      }
      const part = rest.subarray(0, room);
      this.#chunks.push(part);
      this.#size += part.length;
      rest = rest.subarray(room);
      this.#notify();
    }
  }
}

export const nullFile: OpenFile = {
  kind: "null",
  path: "/dev/null",
  read: () => undefined,
  write: () => {},
  close: () => {},
};

/** Bytes that are there from the start: here-documents, here-strings. */
export function memoryFile(bytes: Uint8Array, path = "/tmp/sh-thd"): OpenFile {
  let rest = bytes;
  return {
    kind: "file",
    path,
    read: (max) => {
      if (rest.length === 0) return undefined;
      const part = rest.subarray(0, max);
      rest = rest.subarray(part.length);
      return part;
    },
    write: () => {
      throw new CallFailed("EBADF");
    },
    unread: (back) => {
      const joined = new Uint8Array(back.length + rest.length);
      joined.set(back);
      joined.set(rest, back.length);
      rest = joined;
    },
    close: () => {},
  };
}

/** Collects what is written, at most `limit` bytes; what is beyond is dropped and `cut` is set. */
export function collectorFile(limit: number): OpenFile & { readonly chunks: Uint8Array[]; cut: boolean } {
  let size = 0;
  const file = {
    kind: "pipe" as const,
    path: "pipe:[31417]",
    chunks: [] as Uint8Array[],
    cut: false,
    read: () => {
      throw new CallFailed("EBADF");
    },
    write: (bytes: Uint8Array) => {
      if (size + bytes.length > limit) {
        file.cut = true;
        throw new CallFailed("ENOMEM");
      }
      size += bytes.length;
      file.chunks.push(bytes.slice());
    },
    close: () => {},
  };
  return file;
}
