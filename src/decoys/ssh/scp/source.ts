import type { FileFacts, UserFs } from "#machine/contract.ts";
import { errnoText } from "#machine/errors.ts";
import { baseName, errnoOf, type TransferDeps } from "../transfer.ts";
import type { ScpCommand } from "./arguments.ts";
import type { ScpPipe } from "./pipe.ts";

const CHUNK = 65_536;
/** Files a pattern may name; a shell would say the list is too long. */
const MAX_MATCHES = 4_096;
const MAX_DEPTH = 64;

export interface SourceDeps {
  readonly transfer: TransferDeps;
  readonly files: UserFs;
  readonly pipe: ScpPipe;
  readonly command: ScpCommand;
  readonly write: (bytes: Uint8Array) => Promise<void> | void;
}

/** `scp -f`: sends files and tells each. @returns the exit status */
export class ScpSource {
  readonly #deps: SourceDeps;
  #failed = false;

  constructor(deps: SourceDeps) {
    this.#deps = deps;
  }

  async run(paths: readonly string[]): Promise<number> {
    if (!(await this.#acknowledged())) return 1;
    for (const path of paths.flatMap((pattern) => expand(this.#deps.files, pattern))) {
      if (this.#deps.transfer.session.signal.aborted) return 1;
      if (!(await this.#send(path, 0))) return 1;
    }
    return this.#failed ? 1 : 0;
  }

  /** @returns false when the client is gone or gave up. */
  async #acknowledged(): Promise<boolean> {
    const answer = await this.#deps.pipe.byte();
    if (answer === 0) return true;
    if (answer === 1) {
      this.#failed = true;
      return (await this.#deps.pipe.line()) !== undefined;
    }
    return false;
  }

  async #send(path: string, depth: number): Promise<boolean> {
    const { files, command } = this.#deps;
    let facts: FileFacts;
    try {
      facts = files.stat(path);
    } catch (error) {
      return this.#complain(path, errnoText(errnoOf(error)));
    }
    if (facts.kind === "directory") {
      if (!command.recursive || depth > MAX_DEPTH) return this.#complain(path, "not a regular file");
      return this.#directory(path, facts, depth);
    }
    if (facts.kind !== "file") return this.#complain(path, "not a regular file");
    return this.#file(path, facts);
  }

  async #times(facts: FileFacts): Promise<boolean> {
    if (!this.#deps.command.preserve) return true;
    const [mtime, atime] = [Math.floor(facts.mtime), Math.floor(facts.atime)];
    await this.#deps.write(Buffer.from(`T${mtime} 0 ${atime} 0\n`));
    return this.#acknowledged();
  }

  async #file(path: string, facts: FileFacts): Promise<boolean> {
    const { files, write, transfer } = this.#deps;
    if (!files.access(path, "read")) return this.#complain(path, errnoText("EACCES"));
    if (!(await this.#times(facts))) return false;
    await write(Buffer.from(`C${octal(facts)} ${facts.size} ${baseName(path)}\n`));
    if (!(await this.#acknowledged())) return false;
    for (let at = 0; at < facts.size; at += CHUNK) {
      const wanted = Math.min(CHUNK, facts.size - at);
      const bytes = Buffer.alloc(wanted);
      bytes.set(files.readAt(path, at, wanted).subarray(0, wanted));
      await write(bytes);
      if (transfer.session.signal.aborted) return false;
    }
    await write(Buffer.from([0]));
    transfer.log.emit("retr", { path, size: facts.size, method: "scp", direction: "out" });
    return this.#acknowledged();
  }

  async #directory(path: string, facts: FileFacts, depth: number): Promise<boolean> {
    const { files, write } = this.#deps;
    if (!(await this.#times(facts))) return false;
    await write(Buffer.from(`D${octal(facts)} 0 ${baseName(path)}\n`));
    if (!(await this.#acknowledged())) return false;
    for (const name of files.readdir(path)) {
      if (name === "." || name === "..") continue;
      if (!(await this.#send(`${path}/${name}`, depth + 1))) return false;
    }
    await write(Buffer.from("E\n"));
    return this.#acknowledged();
  }

  async #complain(path: string, text: string): Promise<boolean> {
    this.#failed = true;
    await this.#deps.write(Buffer.from(`\x01scp: ${path}: ${text}\n`));
    return true;
  }
}

const octal = ({ mode }: FileFacts): string => (mode & 0o7777).toString(8).padStart(4, "0");

/** Expands `*` and `?` in the last part, as the login shell does before scp sees its arguments. */
function expand(files: UserFs, path: string): readonly string[] {
  const cut = path.lastIndexOf("/");
  const pattern = path.slice(cut + 1);
  if (!/[*?]/.test(pattern)) return [path];
  const directory = path.slice(0, cut) || "/";
  try {
    const matches = files
      .readdir(directory)
      .filter(
        (name) => name !== "." && name !== ".." && !name.startsWith(".") && matchesPattern(pattern, name),
      )
      .toSorted();
    if (matches.length === 0) return [path];
    return matches.slice(0, MAX_MATCHES).map((name) => `${directory === "/" ? "" : directory}/${name}`);
  } catch (error) {
    errnoOf(error);
    return [path];
  }
}

/** Linear in both lengths: one star is remembered at a time. */
function matchesPattern(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let from = 0;
  while (n < name.length) {
    if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p += 1;
      n += 1;
    } else if (pattern[p] === "*") {
      star = p;
      from = n;
      p += 1;
    } else if (star >= 0) {
      p = star + 1;
      from += 1;
      n = from;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
