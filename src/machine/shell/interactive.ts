import type { Edited } from "../terminal/line-editor.ts";
import { LineEditor } from "../terminal/line-editor.ts";
import type { Pty } from "../terminal/pty.ts";
import { completeLine } from "./completion.ts";
import { Interrupted, ReturnJump, ShellError } from "./control.ts";
import { errnoOf, LimitReached } from "./errors.ts";
import { evaluator } from "./evaluator.ts";
import { expandHistory, remember } from "./history.ts";
import { takeReports } from "./jobs.ts";
import { promptText } from "./prompt.ts";
import { exitStatusOf } from "./scripts.ts";
import type { ShellProcess } from "./shell-process.ts";
import { SIGNAL } from "./signals.ts";
import { type Parsed, parseShell } from "./syntax.ts";
import { syntaxError } from "./syntax-error.ts";
import { decode, encode } from "./text.ts";
import { runPendingTraps } from "./traps.ts";

/** Runs an interactive shell in its process until it exits; gives its status. */
export type InteractiveShell = (sh: ShellProcess) => Promise<number>;

/** What the login adds to an interactive shell: the terminal and the bookkeeping of input lines. */
export interface LineHost {
  readonly pty: Pty;
  /** Runs `body` as one input line: a fresh budget, `command` events. */
  line(sh: ShellProcess, text: string, body: () => Promise<number>): Promise<number>;
  /** Idle for too long: the login ends. */
  readonly idleMs: number;
}

const MAX_INPUT = 65_536;
const MAX_HISTORY = 500;

export function interactiveShell(host: LineHost): InteractiveShell {
  return async (sh) => {
    prepare(sh, host);
    if (!sh.state.login && sh.state.dialect === "bash") await startupFiles(sh);
    return exitStatusOf(sh, () => loop(sh, host));
  };
}

function prepare(sh: ShellProcess, { pty }: LineHost): void {
  const { state, process } = sh;
  state.interactive = true;
  state.fromStdin = true;
  for (const option of state.dialect === "bash" ? ["monitor", "history", "histexpand", "emacs"] : ["monitor"])
    state.options.add(option);
  if (state.dialect === "bash") state.shopt.add("expand_aliases");
  pty.foreground = process.pgid;
  process.dispositions.set(SIGNAL.INT, () => {
    process.interrupt(new Interrupted());
  });
  for (const signal of [SIGNAL.QUIT, SIGNAL.TERM, SIGNAL.TSTP, SIGNAL.TTIN, SIGNAL.TTOU])
    process.dispositions.set(signal, "ignore");
  const set = (name: string, value: string) => {
    if (!state.variables.has(name)) state.variables.set(name, { value });
  };
  set("PS2", "> ");
  set("COLUMNS", String(pty.size().columns));
  set("LINES", String(pty.size().rows));
  if (state.dialect !== "bash") return;
  set("PS1", "\\s-\\v\\$ ");
  set("HISTFILE", `${sh.vars.get("HOME") ?? ""}/.bash_history`);
  set("HISTSIZE", "500");
  set("HISTFILESIZE", "500");
  set("MAILCHECK", "60");
  loadHistory(sh);
}

/** What an interactive bash that is no login reads. */
async function startupFiles(sh: ShellProcess): Promise<void> {
  for (const path of ["/etc/bash.bashrc", `${sh.vars.get("HOME") ?? ""}/.bashrc`]) {
    if (sh.fs.access(path, "read")) await evaluator.words(sh, [".", path]);
  }
  sh.state.status = 0;
}

function loadHistory(sh: ShellProcess): void {
  const path = sh.vars.get("HISTFILE");
  if (path === undefined || sh.state.history.length > 0) return;
  try {
    const lines = decode(sh.fs.readAt(path, 0, 262_144)).split("\n");
    sh.state.history = lines.filter((line) => line !== "" && !/^#\d+$/.test(line)).slice(-MAX_HISTORY);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** On exit: what HISTFILE then names gets the lines of this session. */
function saveHistory(sh: ShellProcess, added: readonly string[]): void {
  const path = sh.vars.get("HISTFILE");
  const size = sh.vars.get("HISTFILESIZE");
  if (
    path === undefined ||
    path === "" ||
    path === "/dev/null" ||
    size === "0" ||
    added.length === 0 ||
    sh.state.dialect !== "bash"
  )
    return;
  try {
    sh.fs.append(sh.path(path), encode(`${added.join("\n")}\n`), { mode: 0o600 });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

async function loop(sh: ShellProcess, host: LineHost): Promise<number> {
  const { pty } = host;
  const added: string[] = [];
  try {
    for (;;) {
      const input = await nextCommand(sh, host, added);
      if (input === "end") return sh.state.status;
      if (input !== undefined) await runInput(sh, host, input);
      if (pty.hungUp) return sh.state.status;
    }
  } finally {
    saveHistory(sh, added);
  }
}

interface Input {
  readonly text: string;
  readonly parsed: Parsed;
}

/** Reads lines until they form a command. */
async function nextCommand(
  sh: ShellProcess,
  host: LineHost,
  added: string[],
): Promise<Input | "end" | undefined> {
  let text = "";
  for (let first = true; ; first = false) {
    const edited = await readLine(sh, host, first);
    if (edited.kind === "interrupt") {
      sh.state.status = 130;
      return undefined;
    }
    if (edited.kind === "end") {
      if (first) return end(sh, host);
      await sh.err(syntaxError(sh, { kind: "incomplete", wanted: "newline" }, text));
      sh.state.status = 2;
      return undefined;
    }
    const line = await expandHistory(sh, edited.text);
    if (line === undefined) return undefined;
    if (line.trim() !== "") remember(sh, line, added);
    text = first ? line : joinLines(text, line);
    if (text.length > MAX_INPUT)
      return { text: text.slice(0, MAX_INPUT), parsed: parseShell(text.slice(0, MAX_INPUT)) };
    const parsed = parseShell(text);
    if (parsed.kind !== "incomplete") return { text, parsed };
  }
}

function joinLines(before: string, line: string): string {
  const match = /\\+$/.exec(before);
  const continued = match !== null && match[0].length % 2 === 1;
  return continued ? before.slice(0, -1) + line : `${before}\n${line}`;
}

async function end(sh: ShellProcess, host: LineHost): Promise<"end" | undefined> {
  if (!host.pty.hungUp && sh.state.dialect === "bash") await sh.err(sh.state.login ? "logout\n" : "exit\n");
  const stopped = sh.state.jobs.some((job) => job.state === "stopped");
  if (stopped && !warned.has(sh) && !host.pty.hungUp) {
    warned.add(sh);
    await sh.err("There are stopped jobs.\n");
    return undefined;
  }
  return "end";
}

/** Shells that have been told of stopped jobs at the first attempt to leave. */
const warned = new WeakSet<ShellProcess>();

async function readLine(sh: ShellProcess, host: LineHost, first: boolean): Promise<Edited> {
  const { pty } = host;
  sh.process.takeInterruption();
  if (first) {
    if (sh.pendingTraps.length > 0) await runPendingTraps(sh);
    await sh.err(takeReports(sh));
    await promptCommand(sh);
  }
  const prompt = await promptOf(sh, sh.vars.get(first ? "PS1" : "PS2") ?? "");
  const size = pty.size();
  if (sh.state.shopt.has("checkwinsize")) {
    sh.vars.set("COLUMNS", String(size.columns));
    sh.vars.set("LINES", String(size.rows));
  }
  if (sh.state.dialect !== "bash") return plainLine(sh, host, prompt);
  const editor = new LineEditor(pty, {
    history: sh.state.history,
    complete: (before) => completeLine(sh, before),
    bracketedPaste: (sh.vars.get("TERM") ?? "dumb") !== "dumb",
  });
  try {
    return await editor.read(prompt, sh.process.signal);
  } catch (error) {
    if (error instanceof Interrupted) return { kind: "interrupt" };
    throw error;
  }
}

/** dash has no line editing: the terminal's own line discipline serves. */
async function plainLine(sh: ShellProcess, { pty }: LineHost, prompt: string): Promise<Edited> {
  await sh.err(prompt);
  let text = "";
  try {
    for (;;) {
      const chunk = await pty.file.read(4096, sh.process.signal);
      if (chunk === undefined) return text === "" ? { kind: "end" } : { kind: "line", text };
      text += decode(chunk);
      if (text.endsWith("\n")) return { kind: "line", text: text.slice(0, -1) };
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    await sh.err("\n");
    return { kind: "interrupt" };
  }
}

async function promptCommand(sh: ShellProcess): Promise<void> {
  const command = sh.vars.get("PROMPT_COMMAND");
  if (command === undefined || command === "" || sh.state.dialect !== "bash") return;
  const { status } = sh.state;
  try {
    await evaluator.text(sh, command);
  } catch (error) {
    if (!(error instanceof Interrupted) && !(error instanceof LimitReached) && !(error instanceof ShellError))
      throw error;
  }
  sh.state.status = status;
}

async function promptOf(sh: ShellProcess, format: string): Promise<string> {
  const text = sh.state.dialect === "bash" ? promptText(sh, format) : format;
  if (!/[$`]/.test(text.replace(/\$ ?$/, ""))) return text;
  const parsed = parseShell(
    `: "${text
      .replace(/(["\\])/g, "\\$1")
      .replace(/\$ $/, "\\$ ")
      .replace(/\$$/, "\\$")}"`,
  );
  const command =
    parsed.kind === "script" ? parsed.script.statements[0]?.pipelines[0]?.commands[0] : undefined;
  const word = command?.type === "SimpleCommand" ? command.args[0] : undefined;
  if (word === undefined) return text;
  const { status } = sh.state;
  try {
    return await evaluator.expand(sh, word);
  } catch (error) {
    if (error instanceof ShellError) return text;
    throw error;
  } finally {
    sh.state.status = status;
  }
}

async function runInput(sh: ShellProcess, host: LineHost, input: Input): Promise<void> {
  const { parsed, text } = input;
  if (parsed.kind === "script" && parsed.script.statements.length === 0) return;
  sh.state.line += 1;
  await host.line(sh, text, async () => {
    if (parsed.kind !== "script") {
      await sh.err(syntaxError(sh, parsed, text));
      sh.state.status = 2;
      return 2;
    }
    try {
      sh.state.status = await evaluator.script(sh, parsed.script);
    } catch (error) {
      sh.state.status = await endOfLine(sh, error);
    }
    return sh.state.status;
  });
}

/** What a line that was cut short leaves as its status. */
async function endOfLine(sh: ShellProcess, error: unknown): Promise<number> {
  sh.state.loopDepth = 0;
  if (error instanceof Interrupted) {
    await sh.err("\n");
    return 130;
  }
  if (error instanceof LimitReached) {
    sh.process.host
      .all()
      .filter((process) => process.ppid === sh.process.pid)
      .forEach((process) => {
        process.deliver(SIGNAL.KILL);
      });
    await sh.err("Killed\n");
    return 137;
  }
  if (error instanceof ReturnJump) return error.status;
  throw error;
}
