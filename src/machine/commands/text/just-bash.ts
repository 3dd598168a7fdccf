import type { FsStat, IFileSystem } from "just-bash";
import { LimitReached } from "../../shell/errors.ts";
import { normalPath } from "../../shell/host.ts";
import { library } from "../../shell/library.ts";
import { decode, encode } from "../../shell/text.ts";
import type { ProgramContext } from "../command.ts";

/** The library's file interface over the machine's files. Only what text tools need. */
class LibraryFs implements IFileSystem {
  readonly #context: ProgramContext;
  /** The library takes its own tool when a file of that name stands here, whatever the machine has. */
  readonly #tool: string;
  constructor(context: ProgramContext, name: string) {
    this.#context = context;
    this.#tool = `/usr/bin/${name}`;
  }
  get #fs() {
    return this.#context.fs;
  }
  async readFile(path: string): Promise<string> {
    return decode(this.#fs.read(path));
  }
  async readFileBuffer(path: string): Promise<Uint8Array> {
    return this.#fs.read(path);
  }
  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    this.#fs.write(path, typeof content === "string" ? encode(content) : content);
  }
  async appendFile(path: string, content: string | Uint8Array): Promise<void> {
    this.#fs.append(path, typeof content === "string" ? encode(content) : content);
  }
  async exists(path: string): Promise<boolean> {
    return path === this.#tool || this.#fs.access(path, "exists");
  }
  #convert(facts: ReturnType<ProgramContext["fs"]["stat"]>): FsStat {
    return {
      isFile: facts.kind !== "directory" && facts.kind !== "symlink",
      isDirectory: facts.kind === "directory",
      isSymbolicLink: facts.kind === "symlink",
      mode: facts.mode,
      size: facts.size,
      mtime: new Date(facts.mtime * 1000),
    };
  }
  async stat(path: string): Promise<FsStat> {
    if (path === this.#tool) {
      return {
        isFile: true,
        isDirectory: false,
        isSymbolicLink: false,
        mode: 0o755,
        size: 1,
        mtime: new Date(0),
      };
    }
    return this.#convert(this.#fs.stat(path));
  }
  async lstat(path: string): Promise<FsStat> {
    return this.#convert(this.#fs.lstat(path));
  }
  async mkdir(path: string): Promise<void> {
    this.#fs.mkdir(path);
  }
  async readdir(path: string): Promise<string[]> {
    return [...this.#fs.readdir(path)];
  }
  async rm(path: string): Promise<void> {
    this.#fs.unlink(path);
  }
  async cp(from: string, to: string): Promise<void> {
    this.#fs.write(to, this.#fs.read(from));
  }
  async mv(from: string, to: string): Promise<void> {
    this.#fs.rename(from, to);
  }
  resolvePath(base: string, path: string): string {
    return normalPath(path.startsWith("/") ? path : `${base}/${path}`);
  }
  getAllPaths(): string[] {
    return [];
  }
  async chmod(path: string, mode: number): Promise<void> {
    this.#fs.chmod(path, mode);
  }
  async symlink(target: string, path: string): Promise<void> {
    this.#fs.symlink(target, path);
  }
  async link(existing: string, path: string): Promise<void> {
    this.#fs.link(existing, path);
  }
  async readlink(path: string): Promise<string> {
    return this.#fs.readlink(path);
  }
  async realpath(path: string): Promise<string> {
    return this.#fs.realpath(path);
  }
  async utimes(path: string, atime: Date, mtime: Date): Promise<void> {
    this.#fs.utimes(path, atime.getTime() / 1000, mtime.getTime() / 1000);
  }
}

/** Input a text tool is given at once. */
const MAX_INPUT = 8 * 1024 * 1024;

/** Runs one of the library's text tools as the program. */
export async function bashExec(context: ProgramContext, name: "sed" | "awk"): Promise<number> {
  const bash = new (library().Bash)({
    fs: new LibraryFs(context, name),
    cwd: context.cwd,
    commands: [name],
    env: { ...Object.fromEntries(context.env), PATH: "/usr/bin" },
    executionLimits: {
      maxAwkIterations: 1_000_000,
      maxSedIterations: 1_000_000,
      maxOutputSize: 16 * 1024 * 1024,
      maxExecutionTimeMs: 60_000,
    },
  });
  const stdin = needsInput(context.args)
    ? Buffer.from(await context.stdin.bytes(MAX_INPUT)).toString("latin1")
    : "";
  const result = await bash.exec(name, {
    args: [...context.args],
    stdin,
    stdinKind: "bytes",
    signal: context.process.signal,
  });
  context.process.signal.throwIfAborted();
  if (/maximum|limit exceeded/i.test(result.stderr)) throw new LimitReached("interpreter");
  await context.out(result.stdout);
  const errors = result.stderr
    .replaceAll(`${name}: `, `${context.argv0}: `)
    .replace(/^bash: line \d+: /gm, "");
  if (errors !== "") await context.err(errors);
  return result.exitCode;
}

function needsInput(args: readonly string[]): boolean {
  return !/^BEGIN\s*\{[^}]*\}\s*$/.test(args[0] ?? "");
}
