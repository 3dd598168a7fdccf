import type { UserFs } from "#machine/contract.ts";
import { errnoText } from "#machine/errors.ts";
import { baseName, errnoOf, MAX_UPLOAD, reportUpload, type TransferDeps } from "../transfer.ts";
import type { ScpCommand } from "./arguments.ts";
import type { ScpPipe } from "./pipe.ts";

/** Directories in directories. */
const MAX_DEPTH = 64;
const OK = Buffer.from([0]);

export interface SinkDeps {
  readonly transfer: TransferDeps;
  readonly files: UserFs;
  readonly pipe: ScpPipe;
  readonly command: ScpCommand;
  readonly write: (bytes: Uint8Array) => Promise<void> | void;
}

interface Times {
  readonly mtime: number;
  readonly atime: number;
}

interface Entry {
  readonly kind: "C" | "D";
  readonly mode: number;
  readonly size: number;
  readonly name: string;
}

/** `scp -t`: takes files into the world and tells each. @returns the exit status */
export class ScpSink {
  readonly #deps: SinkDeps;
  #failed = false;

  constructor(deps: SinkDeps) {
    this.#deps = deps;
  }

  async run(target: string): Promise<number> {
    const { files, command } = this.#deps;
    const isDirectory = files.access(target, "exists") && files.stat(target).kind === "directory";
    if (command.targetIsDirectory && !isDirectory) {
      await this.#fail(`${target}: ${errnoText("ENOTDIR")}`);
      return 1;
    }
    await this.#deps.write(OK);
    await this.#level(target, isDirectory, 0);
    return this.#failed ? 1 : 0;
  }

  /** One directory's entries until `E` or the end. */
  async #level(target: string, isDirectory: boolean, depth: number): Promise<void> {
    let times: Times | undefined;
    for (let line = await this.#deps.pipe.line(); line !== undefined; line = await this.#deps.pipe.line()) {
      if (line.startsWith("\x01") || line.startsWith("\x02")) {
        this.#failed = true;
        if (line.startsWith("\x02")) return;
        continue;
      }
      if (line === "E") {
        await this.#deps.write(OK);
        return;
      }
      const timed = /^T(\d{1,12}) \d{1,9} (\d{1,12}) \d{1,9}$/.exec(line);
      if (timed !== null) {
        times = { mtime: Number(timed[1]), atime: Number(timed[2]) };
        await this.#deps.write(OK);
        continue;
      }
      const entry = parseEntry(line);
      if (entry === undefined || depth > MAX_DEPTH) {
        await this.#fail("protocol error: expected control record");
        return;
      }
      const path = isDirectory ? `${target === "/" ? "" : target}/${entry.name}` : target;
      if (entry.kind === "D") await this.#directory(path, entry, { depth, times });
      else if (!(await this.#file(path, entry, times))) return;
      times = undefined;
    }
  }

  async #directory(
    path: string,
    { mode }: Entry,
    at: { depth: number; times: Times | undefined },
  ): Promise<void> {
    const { files } = this.#deps;
    try {
      if (!files.access(path, "exists")) files.mkdir(path, mode);
    } catch (error) {
      await this.#fail(`${path}: ${errnoText(errnoOf(error))}`);
      return;
    }
    await this.#deps.write(OK);
    await this.#level(path, true, at.depth + 1);
    if (at.times !== undefined)
      this.#quietly(() => files.utimes(path, at.times?.atime ?? 0, at.times?.mtime ?? 0));
  }

  /** @returns false when the client is gone. */
  async #file(path: string, { mode, size }: Entry, times: Times | undefined): Promise<boolean> {
    const { files, pipe, transfer } = this.#deps;
    const problem = this.#cannotCreate(path, mode);
    if (problem !== undefined) {
      await this.#fail(`${path}: ${problem}`);
      return true;
    }
    await this.#deps.write(OK);
    const bytes = await pipe.bytes(size, MAX_UPLOAD);
    const complete = bytes !== undefined && (await pipe.byte()) !== undefined;
    if (bytes === undefined) return false;
    reportUpload(transfer, "scp", {
      path,
      bytes,
      mode,
      ...(times === undefined ? {} : { mtime: times.mtime }),
    });
    let failure: string | undefined = size > MAX_UPLOAD ? errnoText("EFBIG") : undefined;
    try {
      files.write(path, bytes, { mode });
      if (this.#deps.command.preserve) files.chmod(path, mode);
      if (times !== undefined) files.utimes(path, times.atime, times.mtime);
    } catch (error) {
      failure = errnoText(errnoOf(error));
    }
    if (failure === undefined) await this.#deps.write(OK);
    else await this.#fail(`${path}: ${failure}`);
    return complete;
  }

  /** What opening it for writing would say, before the bytes are asked for. */
  #cannotCreate(path: string, mode: number): string | undefined {
    const { files } = this.#deps;
    try {
      if (files.access(path, "exists")) {
        if (files.stat(path).kind === "directory") return errnoText("EISDIR");
        return files.access(path, "write") ? undefined : errnoText("EACCES");
      }
      files.write(path, new Uint8Array(0), { mode: mode & ~0o022 });
      return undefined;
    } catch (error) {
      return errnoText(errnoOf(error));
    }
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      errnoOf(error);
      this.#failed = true;
    }
  }

  async #fail(text: string): Promise<void> {
    this.#failed = true;
    await this.#deps.write(Buffer.from(`\x01scp: ${text}\n`));
  }
}

function parseEntry(line: string): Entry | undefined {
  const match = /^([CD])([0-7]{4,5}) (\d{1,15}) (.+)$/s.exec(line);
  if (match === null) return undefined;
  const [, kind, mode = "", size = "", name = ""] = match;
  if (name === "." || name === ".." || name.includes("/")) return undefined;
  return {
    kind: kind === "D" ? "D" : "C",
    mode: Number.parseInt(mode, 8) & 0o7777,
    size: Number(size),
    name: baseName(name),
  };
}
