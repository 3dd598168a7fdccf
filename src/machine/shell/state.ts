import type { FunctionNode } from "./syntax.ts";

export interface Variable {
  /** Element 0 of an indexed array; undefined = declared, unset. */
  value?: string | undefined;
  list?: Map<number, string>;
  keys?: Map<string, string>;
  exported?: boolean;
  readonly?: boolean;
  integer?: boolean;
  casing?: "lower" | "upper";
  reference?: boolean;
}

export type Dialect = "bash" | "dash" | "ash";

export interface Job {
  readonly number: number;
  readonly pgid: number;
  readonly text: string;
  readonly pids: readonly number[];
  state: "running" | "stopped" | "done";
  status: number;
  signal?: number;
  reported: boolean;
  disowned: boolean;
  foreground: boolean;
  /** Settles when every process of it has ended. */
  ended: Promise<number>;
}

/** Everything one shell keeps between commands. */
export class ShellState {
  readonly dialect: Dialect;
  variables = new Map<string, Variable>();
  functions = new Map<string, FunctionNode>();
  aliases = new Map<string, string>();
  /** `set -o` names that are on. */
  options = new Set<string>(["braceexpand", "hashall"]);
  shopt = new Set<string>([
    "checkwinsize",
    "cmdhist",
    "complete_fullquote",
    "extquote",
    "force_fignore",
    "globasciiranges",
    "globskipdots",
    "hostcomplete",
    "interactive_comments",
    "patsub_replacement",
    "progcomp",
    "promptvars",
    "sourcepath",
  ]);
  arg0 = "bash";
  positional: string[] = [];
  status = 0;
  pipeStatus: number[] = [0];
  backgroundPid: number | undefined;
  traps = new Map<string, string>();
  directories: string[] = [];
  hashed = new Map<string, { path: string; hits: number }>();
  disabled = new Set<string>();
  jobs: Job[] = [];
  history: string[] = [];
  interactive = false;
  login = false;
  /** `-c` */
  commandString = false;
  fromStdin = false;
  umask = 0o022;
  limits = new Map<string, string>();
  line = 1;
  lineOffset = 0;
  loopDepth = 0;
  sourceDepth = 0;
  /** Function names, innermost first. */
  calls: string[] = [];
  /** Values hidden by `local`, innermost first. */
  locals: Map<string, Variable | undefined>[] = [];
  subshell = 0;
  startedAt = Date.now();
  secondsOffset = 0;
  lastArgument = "";
  /** `$$`: the same in every subshell. */
  shellPid = 0;
  getoptsOffset = 0;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** What a forked child starts with. */
  fork(): ShellState {
    const child = Object.assign(new ShellState(this.dialect), this);
    child.variables = new Map([...this.variables].map(([name, variable]) => [name, copyVariable(variable)]));
    child.functions = new Map(this.functions);
    child.aliases = new Map(this.aliases);
    child.options = new Set(this.options);
    child.shopt = new Set(this.shopt);
    child.positional = [...this.positional];
    child.pipeStatus = [...this.pipeStatus];
    child.traps = new Map([...this.traps].filter(([, action]) => action === ""));
    child.directories = [...this.directories];
    child.hashed = new Map(this.hashed);
    child.disabled = new Set(this.disabled);
    child.jobs = [];
    child.calls = [...this.calls];
    child.limits = new Map(this.limits);
    child.locals = this.locals.map((scope) => new Map(scope));
    child.subshell = this.subshell + 1;
    return child;
  }
}

export function copyVariable(variable: Variable): Variable {
  return {
    ...variable,
    ...(variable.list === undefined ? {} : { list: new Map(variable.list) }),
    ...(variable.keys === undefined ? {} : { keys: new Map(variable.keys) }),
  };
}
