import {
  type Launcher,
  ProgramContext,
  type ProgramTable,
  type SpawnOptions,
  type Started,
} from "../commands/command.ts";
import type { Executable } from "../model.ts";
import { CallFailed, errnoOf } from "./errors.ts";
import { absolute, filesFor, type LineRun, type LoginContext } from "./host.ts";
import { copyDescriptors, Descriptor, type Descriptors, setDescriptor } from "./open-file.ts";
import { live, Process as PretendProcess, type Process } from "./processes.ts";

/** What the kernel finds when asked to execute a path, down to the program that runs. */
export type Image =
  | {
      readonly kind: "program";
      readonly path: string;
      readonly name: string;
      readonly argv: readonly string[];
    }
  /** Text without an interpreter line: the asking shell's business. */
  | { readonly kind: "text"; readonly path: string; readonly argv: readonly string[] }
  | { readonly kind: "foreign"; readonly path: string; readonly argv: readonly string[] }
  | {
      readonly kind: "error";
      readonly errno: "ENOENT" | "EACCES" | "ENOEXEC" | "EISDIR" | "ELOOP";
      readonly interpreter?: string;
    };

const MAX_INTERPRETERS = 4;

/** execve: follows interpreter lines. `path` is absolute. */
export function imageOf(
  context: LoginContext,
  process: Process,
  run: LineRun,
  file: { readonly path: string; readonly argv: readonly string[] },
): Image {
  const fs = filesFor(context, process, run, 0o022);
  let { path, argv } = file;
  let interpreter: string | undefined;
  for (let depth = 0; depth <= MAX_INTERPRETERS; depth++) {
    let found: Executable;
    try {
      found = fs.executable(path);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      return errorImage(fs, path, interpreter);
    }
    if (found.kind === "program") return { kind: "program", path, name: found.name, argv };
    if (found.kind === "foreign") return { kind: "foreign", path, argv };
    if (found.kind === "format-error") return { kind: "error", errno: "ENOEXEC" };
    if (found.kind !== "script") return { kind: "text", path, argv };
    const own = releaseScript(context, fs, path);
    if (own !== undefined) return { kind: "program", path, name: own, argv };
    interpreter = found.interpreter;
    argv = [
      interpreter,
      ...(found.argument === undefined ? [] : [found.argument]),
      depth === 0 ? (file.argv[0]?.includes("/") ? file.argv[0] : path) : path,
      ...argv.slice(1),
    ];
    path = absolute(interpreter, process.cwd);
  }
  return { kind: "error", errno: "ELOOP" };
}

/** A script of the release itself (`which`, `service`): its code is ours, until somebody writes to it. */
function releaseScript(
  context: LoginContext,
  fs: ReturnType<typeof filesFor>,
  path: string,
): string | undefined {
  const real = fs.realpath(path);
  const name = real.slice(real.lastIndexOf("/") + 1);
  if (!/^\/usr\/s?bin\//.test(real) || !context.knows(name)) return undefined;
  return fs.stat(real).mtime < context.model.bootTime ? name : undefined;
}

function errorImage(fs: ReturnType<typeof filesFor>, path: string, interpreter: string | undefined): Image {
  const extra = interpreter === undefined ? {} : { interpreter };
  try {
    if (fs.stat(path).kind === "directory") return { kind: "error", errno: "EISDIR", ...extra };
    return { kind: "error", errno: "EACCES", ...extra };
  } catch (error) {
    return { kind: "error", errno: errnoOf(error) === "EACCES" ? "EACCES" : "ENOENT", ...extra };
  }
}

/** A program found by PATH; absolute. */
export function findProgram(
  context: LoginContext,
  process: Process,
  run: LineRun,
  search: { readonly name: string; readonly path: string },
): string | undefined {
  const fs = filesFor(context, process, run, 0o022);
  let refused: string | undefined;
  for (const folder of search.path.split(":")) {
    const path = `${absolute(folder === "" ? "." : folder, process.cwd)}/${search.name}`;
    try {
      if (fs.stat(path).kind !== "file") continue;
      if (fs.access(path, "execute")) return folder === "" ? `./${search.name}` : `${folder}/${search.name}`;
      refused ??= path;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return refused;
}

export interface Execution {
  readonly login: LoginContext;
  readonly process: Process;
  readonly run: LineRun;
  readonly launcher: Launcher;
  readonly umask: number;
  readonly image: Extract<Image, { kind: "program" }>;
}

/** Runs a program's code in a process that already carries its image. */
export async function execute(execution: Execution): Promise<number> {
  const { login, process, run, launcher, umask, image } = execution;
  const program = launcher.programs.find(image.name);
  if (program === undefined) throw new CallFailed("ENOEXEC");
  const context = new ProgramContext({
    argv: image.argv,
    name: image.name,
    process,
    login,
    run,
    launcher,
    umask,
    fs: filesFor(login, process, run, umask),
  });
  try {
    return await program.run(context);
  } finally {
    await context.flush();
  }
}

/** Starts programs for programs. */
export function createLauncher(programs: ProgramTable): Launcher {
  const launcher: Launcher = {
    programs,
    start: (from, argv, options = {}) => startFor(launcher, { from, argv, options }),
  };
  return launcher;
}

interface Request {
  readonly from: ProgramContext;
  readonly argv: readonly string[];
  readonly options: SpawnOptions;
}

function startFor(
  launcher: Launcher,
  request: Request,
): Started | { readonly error: "ENOENT" | "EACCES" | "ENOEXEC" } {
  const { from, argv } = request;
  const path = requestedPath(request);
  if (path === undefined) return { error: "ENOENT" };
  const image = imageOf(from.login, from.process, from.run, { path, argv });
  if (image.kind === "error")
    return { error: image.errno === "ENOENT" || image.errno === "ENOEXEC" ? image.errno : "EACCES" };
  const process = forkFor(request, image.path);
  const base = { login: from.login, process, run: from.run, launcher, umask: from.umask };
  return { process, ended: live(process, () => runImage(base, image)) };
}

function requestedPath({ from, argv, options }: Request): string | undefined {
  const name = argv[0] ?? "";
  if (name.includes("/")) return from.path(name);
  const path = (options.env ?? from.env).get("PATH") ?? "/bin:/usr/bin";
  return findProgram(from.login, from.process, from.run, { name, path });
}

/** A child of the asking program, with its files and its ignored signals. */
function forkFor({ from, argv, options }: Request, exe: string): PretendProcess {
  const child = new PretendProcess(
    from.process.host,
    {
      ppid: from.process.pid,
      sid: from.process.sid,
      ...(options.group === true ? {} : { pgid: from.process.pgid }),
      argv: [options.arg0 ?? argv[0] ?? "", ...argv.slice(1)],
      exe,
      cwd: options.cwd ?? from.cwd,
      env: options.env ?? from.env,
      owner: options.owner ?? from.process.owner,
      tty: from.process.tty,
    },
    filesOf(from, options),
  );
  for (const [signal, disposition] of from.process.dispositions) {
    if (disposition === "ignore") child.dispositions.set(signal, "ignore");
  }
  return child;
}

function filesOf(from: ProgramContext, options: SpawnOptions): Descriptors {
  const files = copyDescriptors(from.fds);
  for (const fd of [0, 1, 2] as const) {
    const file = options.files?.[fd];
    if (file !== undefined) setDescriptor(files, fd, new Descriptor(file));
  }
  return files;
}

async function runImage(
  base: Omit<Execution, "image">,
  image: Exclude<Image, { kind: "error" }>,
): Promise<number> {
  if (image.kind === "program") return execute({ ...base, image });
  if (image.kind === "foreign") return runForeign(base.process, base.login);
  return execute({
    ...base,
    image: {
      kind: "program",
      path: "/bin/sh",
      name: "dash",
      argv: ["sh", image.path, ...image.argv.slice(1)],
    },
  });
}

/**
 * A captured binary "runs": a process of that name appears, leaves the terminal and stays; nothing of
 * the bytes is executed.
 */
export async function runForeign(process: Process, login: LoginContext): Promise<number> {
  await process.sleep(120 + Math.random() * 200);
  login.world.processes.spawn({
    ppid: 1,
    uid: process.owner.uid,
    gid: process.owner.gid,
    argv: process.argv,
    exe: process.exe,
    cwd: process.cwd,
    environ: Object.fromEntries(process.env),
    load: /min|xmr|kswap|cpu/i.test(process.argv.join(" ")) ? "miner" : "quiet",
    lasting: true,
  });
  return 0;
}
