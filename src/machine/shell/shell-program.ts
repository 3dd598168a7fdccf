import type { Program, ProgramContext } from "../commands/command.ts";
import { errnoOf, strerror } from "./errors.ts";
import { evaluator } from "./evaluator.ts";
import type { InteractiveShell } from "./interactive.ts";
import { readLoginFiles } from "./login-files.ts";
import { exitStatusOf, freshState, runFresh, setShellVariables } from "./scripts.ts";
import { ShellProcess } from "./shell-process.ts";
import type { Dialect } from "./state.ts";
import { decode } from "./text.ts";

interface Invocation {
  command: string | undefined;
  stdin: boolean;
  interactive: boolean;
  login: boolean;
  options: string[];
  rest: readonly string[];
  bad?: string;
}

const letters: Readonly<Record<string, string>> = {
  e: "errexit",
  u: "nounset",
  x: "xtrace",
  v: "verbose",
  n: "noexec",
  f: "noglob",
  a: "allexport",
  C: "noclobber",
  b: "notify",
};

const longOptions = new Set(["--login", "--posix", "--norc", "--noprofile", "--noediting", "--verbose"]);

function parse(args: readonly string[]): Invocation {
  const out: Invocation = {
    command: undefined,
    stdin: false,
    interactive: false,
    login: false,
    options: [],
    rest: [],
  };
  let wantsCommand = false;
  const rest = [...args];
  while (/^[-+]./.test(rest[0] ?? "") || rest[0] === "-") {
    const arg = rest.shift() ?? "";
    if (arg === "--" || arg === "-") break;
    if (longOptions.has(arg)) out.login ||= arg === "--login";
    else if (arg.startsWith("--")) {
      out.bad = arg;
      rest.unshift(arg);
      break;
    } else {
      for (const letter of arg.slice(1)) {
        if (letter === "c") wantsCommand = true;
        else applyLetter(out, letter, rest);
      }
    }
  }
  if (wantsCommand) {
    out.command = rest.shift();
    if (out.command === undefined) out.bad = "-c";
  }
  out.rest = rest;
  return out;
}

/** @param rest the arguments after this one; `-o` takes its name from there */
function applyLetter(out: Invocation, letter: string, rest: string[]): void {
  const option = letters[letter];
  if (letter === "s") out.stdin = true;
  else if (letter === "i") out.interactive = true;
  else if (letter === "l") out.login = true;
  else if (letter === "o" || letter === "O") out.options.push(rest.shift() ?? "");
  else if (option !== undefined) out.options.push(option);
  else out.bad ??= `-${letter}`;
}

/** `bash`, `sh`, `dash`, `ash` as programs. */
export function shellProgram(
  names: readonly string[],
  dialect: (name: string) => Dialect,
  interactive: InteractiveShell,
): Program {
  return {
    names,
    run: (context) => runShell(context, dialect(context.name), interactive),
  };
}

async function runShell(
  context: ProgramContext,
  dialect: Dialect,
  interactive: InteractiveShell,
): Promise<number> {
  const { process, login, run } = context;
  const name = context.argv0.split("/").at(-1) ?? context.argv0;
  if (dialect === "bash" && context.args.includes("--version")) return version(context);
  const invocation = parse(context.args);
  if (invocation.bad !== undefined) return badOption(context, dialect, invocation.bad);
  const parts = { context: login, evaluator, programs: context.launcher.programs, run };
  const base = { dialect, umask: context.umask, options: invocation.options };
  if (invocation.command !== undefined) {
    const [arg0 = name === "-bash" ? "bash" : context.argv0, ...args] = invocation.rest;
    return runFresh(parts, process, {
      ...base,
      arg0,
      args,
      text: invocation.command,
      commandString: true,
      report: false,
    });
  }
  const [script, ...args] = invocation.rest;
  if (script !== undefined && !invocation.stdin) return runFile(context, { script, args, base, parts });
  if (invocation.interactive || isOnTerminal(context)) {
    const state = freshState(process, { ...base, arg0: context.argv0, args: [...invocation.rest] });
    state.login = invocation.login || context.argv0.startsWith("-");
    const sh = new ShellProcess({ ...parts, process, state });
    setShellVariables(sh);
    if (state.login) await beginLogin(sh, dialect);
    return interactive(sh);
  }
  const state = freshState(process, {
    ...base,
    arg0: context.argv0,
    args: [...invocation.rest],
    fromStdin: true,
  });
  const sh = new ShellProcess({ ...parts, process, state });
  setShellVariables(sh);
  return exitStatusOf(sh, () => runStdin(sh));
}

const isOnTerminal = (context: ProgramContext): boolean =>
  context.isTerminal(0) && context.isTerminal(2) && context.login.tty !== undefined;

/** What a nested login shell reads first; /etc/profile asks whether there is a prompt. */
async function beginLogin(sh: ShellProcess, dialect: Dialect): Promise<void> {
  if (dialect === "bash") sh.state.variables.set("PS1", { value: "\\s-\\v\\$ " });
  await readLoginFiles(sh, sh.process.env.get("HOME") ?? "/");
}

/** Commands from a pipe are read line by line: what they start reads the rest. */
async function runStdin(sh: ShellProcess): Promise<number> {
  sh.reports = true;
  let status = 0;
  let pending = "";
  let first = 0;
  let line = 0;
  const { parseShell } = await import("./syntax.ts");
  for (;;) {
    const next = await readLine(sh);
    if (next === undefined) break;
    line += 1;
    pending += next;
    const parsed = parseShell(pending.replace(/\n$/, ""));
    if (parsed.kind === "incomplete" && pending.length < 1_000_000) continue;
    sh.state.lineOffset = first;
    status = await sh.evaluator.text(sh, pending);
    pending = "";
    first = line;
  }
  return pending === "" ? status : sh.evaluator.text(sh, pending);
}

async function readLine(sh: ShellProcess): Promise<string | undefined> {
  const file = sh.process.fds.get(0)?.file;
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (file !== undefined && size < 1_000_000) {
    const chunk = await file.read(file.unread === undefined ? 1 : 4096, sh.process.signal);
    if (chunk === undefined) break;
    const end = chunk.indexOf(10);
    if (end >= 0) {
      if (end + 1 < chunk.length) file.unread?.(chunk.slice(end + 1));
      chunks.push(chunk.subarray(0, end + 1));
      return decode(Buffer.concat(chunks));
    }
    chunks.push(chunk);
    size += chunk.length;
  }
  return chunks.length === 0 ? undefined : decode(Buffer.concat(chunks));
}

interface FileRun {
  readonly script: string;
  readonly args: readonly string[];
  readonly base: { readonly dialect: Dialect; readonly umask: number; readonly options: readonly string[] };
  readonly parts: Pick<ShellProcess, "context" | "evaluator" | "programs" | "run">;
}

async function runFile(context: ProgramContext, file: FileRun): Promise<number> {
  const { script, args, base, parts } = file;
  const bash = base.dialect === "bash";
  let bytes: Uint8Array;
  try {
    const path = context.path(script);
    if (context.fs.stat(path).kind === "directory") {
      return await context.fail(
        bash
          ? `${script}: ${script}: Is a directory`.replace(/^/, "bash: ").replace("bash: ", "")
          : `${context.argv0}: 0: cannot open ${script}: Is a directory`,
        126,
      );
    }
    bytes = context.fs.readAt(path, 0, 1024 * 1024);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const text = strerror(errno);
    if (bash) return context.fail(`${context.argv0}: ${script}: ${text}`, errno === "EACCES" ? 126 : 127);
    return context.fail(
      `${context.argv0}: 0: cannot open ${script}: ${errno === "ENOENT" ? "No such file" : text}`,
      base.dialect === "ash" ? 127 : 2,
    );
  }
  if (bytes.subarray(0, 80).includes(0) && bash)
    return context.fail(`${script}: ${script}: cannot execute binary file`, 126);
  return runFresh(parts, context.process, { ...base, arg0: script, args, text: decode(bytes), report: true });
}

async function version(context: ProgramContext): Promise<number> {
  const { toolVersions, uname } = context.model.release;
  await context.out(
    `GNU bash, version ${toolVersions["bash"] ?? "5.2.15(1)-release"} (${uname.machine}-pc-linux-gnu)\nCopyright (C) 2022 Free Software Foundation, Inc.\nLicense GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>\n\nThis is free software; you are free to change and redistribute it.\nThere is NO WARRANTY, to the extent permitted by law.\n`,
  );
  return 0;
}

async function badOption(context: ProgramContext, dialect: Dialect, option: string): Promise<number> {
  if (option === "-c")
    return context.fail(
      dialect === "bash"
        ? `${context.argv0}: -c: option requires an argument`
        : `${context.argv0}: 0: -c requires an argument`,
      2,
    );
  if (dialect !== "bash") return context.fail(`${context.argv0}: 0: Illegal option ${option}`, 2);
  return context.fail(
    `${context.argv0}: ${option}: invalid option\nUsage:\tbash [GNU long option] [option] ...\n\tbash [GNU long option] [option] script-file ...`,
    2,
  );
}
