import { ExitJump, ReturnJump } from "./control.ts";
import type { Process } from "./processes.ts";
import { ShellProcess } from "./shell-process.ts";
import { type Dialect, ShellState } from "./state.ts";
import { decode } from "./text.ts";
import { runExitTrap } from "./traps.ts";

/** Longest script that is read. */
const MAX_SCRIPT = 1024 * 1024;

/** A script file runs in a fresh shell that takes over `process`. */
export async function runScriptText(
  sh: Pick<ShellProcess, "context" | "evaluator" | "programs" | "run" | "state"> & {
    readonly fs: ShellProcess["fs"];
  },
  process: Process,
  file: {
    readonly path: string;
    readonly argv: readonly string[];
    readonly dialect?: Dialect;
    readonly options?: readonly string[];
  },
): Promise<number> {
  const text = decode(sh.fs.readAt(file.path, 0, MAX_SCRIPT));
  return runFresh(
    { context: sh.context, evaluator: sh.evaluator, programs: sh.programs, run: sh.run },
    process,
    {
      dialect: file.dialect ?? sh.state.dialect,
      arg0: file.argv[0] ?? file.path,
      args: file.argv.slice(1),
      umask: sh.state.umask,
      options: file.options ?? [],
      text,
      report: true,
    },
  );
}

export interface FreshShell {
  readonly dialect: Dialect;
  readonly arg0: string;
  readonly args: readonly string[];
  readonly umask: number;
  readonly options: readonly string[];
  readonly text: string;
  readonly commandString?: boolean;
  readonly fromStdin?: boolean;
  /** Its lines are commands of a script. */
  readonly report: boolean;
}

/** The state a started, non-interactive shell begins with. */
export function freshState(process: Process, shell: Omit<FreshShell, "text" | "report">): ShellState {
  const state = new ShellState(shell.dialect);
  state.arg0 = shell.arg0;
  state.positional = [...shell.args];
  state.umask = shell.umask;
  state.commandString = shell.commandString === true;
  state.fromStdin = shell.fromStdin === true;
  state.shellPid = process.pid;
  for (const option of shell.options) state.options.add(option);
  for (const [name, value] of process.env) state.variables.set(name, { value, exported: true });
  return state;
}

export async function runFresh(
  parts: Pick<ShellProcess, "context" | "evaluator" | "programs" | "run">,
  process: Process,
  shell: FreshShell,
): Promise<number> {
  const state = freshState(process, shell);
  const inner = new ShellProcess({ ...parts, process, state });
  setShellVariables(inner);
  inner.reports = shell.report;
  return exitStatusOf(inner, () => inner.evaluator.text(inner, shell.text));
}

/** Runs a whole shell: `exit` ends it, its EXIT trap runs. */
export async function exitStatusOf(sh: ShellProcess, body: () => Promise<number>): Promise<number> {
  try {
    return await runExitTrap(sh, await body());
  } catch (error) {
    if (error instanceof ExitJump) return runExitTrap(sh, error.status);
    if (error instanceof ReturnJump) return error.status;
    throw error;
  }
}

/** Variables every shell sets for itself. */
export function setShellVariables(sh: ShellProcess): void {
  const { state, context } = sh;
  const plain = (name: string, value: string) => {
    if (!state.variables.has(name)) state.variables.set(name, { value });
  };
  sh.vars.export("PWD", sh.cwd);
  plain("IFS", " \t\n");
  plain("OPTIND", "1");
  plain("PS4", "+ ");
  if (state.dialect !== "bash") {
    plain("PS1", sh.process.owner.uid === 0 ? "# " : "$ ");
    plain("PS2", "> ");
    return;
  }
  const level = Number(sh.vars.get("SHLVL") ?? 0) || 0;
  sh.vars.export("SHLVL", String(level + 1));
  const { uname, toolVersions } = context.model.release;
  const version = toolVersions["bash"] ?? "5.2.15(1)-release";
  plain("BASH", "/bin/bash");
  plain("BASH_VERSION", version);
  const parts = /^(\d+)\.(\d+)\.(\d+)\((\d+)\)-(\w+)/.exec(version)?.slice(1) ?? [
    "5",
    "2",
    "15",
    "1",
    "release",
  ];
  state.variables.set("BASH_VERSINFO", {
    list: new Map([...parts, `${uname.machine}-pc-linux-gnu`].map((each, index) => [index, each])),
    readonly: true,
  });
  plain("HOSTNAME", context.world.hostname());
  plain("HOSTTYPE", uname.machine);
  plain("MACHTYPE", `${uname.machine}-pc-linux-gnu`);
  plain("OSTYPE", "linux-gnu");
  plain("OPTERR", "1");
  plain("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}
