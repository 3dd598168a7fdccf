import {
  closeSync,
  constants,
  type Dir,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { CodedError } from "./errors.ts";

/** A name that would leave its folder. */
export class FolderNameError extends CodedError {
  readonly code = "KERNEL_FOLDER_NAME";
  constructor(name: string) {
    super(
      `A name in a folder has no slash, no NUL and is not . or ..; got ${JSON.stringify(name.slice(0, 100))}.`,
    );
  }
}

/** Node has no `openat`; on Linux a path through an open folder is one. */
const descriptors = "/proc/self/fd";
const hasDescriptorPaths = existsSync(descriptors);

/**
 * An open folder. What is reached through it lies in it, whatever others do to the path meanwhile:
 * no symbolic link is followed in any name below it. (Where the system has no paths through open
 * folders, a link is still refused, but one made between look and use is not noticed.)
 */
export class Folder implements Disposable {
  readonly #fd: number;
  readonly #base: string;

  private constructor(fd: number, base: string) {
    this.#fd = fd;
    this.#base = base;
  }

  /** Opens a folder of ours; its own path may hold links. */
  static open(path: string): Folder {
    return Folder.#openAt(path, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  static #openAt(path: string, flags: number): Folder {
    const fd = openSync(path, flags);
    return new Folder(fd, hasDescriptorPaths ? `${descriptors}/${fd}` : path);
  }

  /** A folder in this one. Throws as `open` does: `ENOENT`, `ENOTDIR` (also for a link), `ELOOP`. */
  child(name: string): Folder {
    if (!hasDescriptorPaths && lstatSync(this.pathOf(name)).isSymbolicLink()) {
      throw Object.assign(new Error("symbolic link"), { code: "ELOOP" });
    }
    return Folder.#openAt(
      this.pathOf(name),
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
    );
  }

  /** The same, made when it is not there. */
  ensureChild(name: string, mode: number): Folder {
    try {
      mkdirSync(this.pathOf(name), { mode });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    return this.child(name);
  }

  /** Descriptor of a file in this folder; never follows a link, never waits for a fifo. */
  openFile(name: string, flags: number, mode = 0o640): number {
    return openSync(this.pathOf(name), flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, mode);
  }

  /** Facts of an entry itself, also of a link; nothing when there is none. */
  look(name: string): Stats | undefined {
    return lstatSync(this.pathOf(name), { throwIfNoEntry: false });
  }

  /** Facts of the folder itself. */
  get facts(): Stats {
    return fstatSync(this.#fd);
  }

  entries(): Dir {
    return opendirSync(this.#base);
  }

  /** For calls that take a path (`rename`, `link`, `unlink`); valid while this folder is open. */
  pathOf(name: string): string {
    if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) {
      throw new FolderNameError(name);
    }
    return join(this.#base, name);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
