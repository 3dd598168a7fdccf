import { runCompound, tested } from "./compound.ts";
import { ExitJump, ReturnJump, ShellError } from "./control.ts";
import { LimitReached } from "./errors.ts";
import { expandSingle } from "./expand.ts";
import { collectorFile, Descriptor, type Descriptors, Pipe } from "./open-file.ts";
import { forkShell, runBackground, runPipeline } from "./pipeline.ts";
import { applyRedirections } from "./redirect.ts";
import { lookupPath } from "./resolve.ts";
import { replaceShell } from "./run-program.ts";
import type { Evaluator, ShellProcess } from "./shell-process.ts";
import { runSimple, runWords } from "./simple.ts";
import { restore, substitutionStatus } from "./substitution.ts";
import {
  type Command,
  type Compound,
  commandsOf,
  type FunctionNode,
  type Parsed,
  type Script,
  type Statement,
} from "./syntax.ts";
import { syntaxError } from "./syntax-error.ts";
import { decode } from "./text.ts";
import { runPendingTraps } from "./traps.ts";

async function runStatements(sh: ShellProcess, statements: readonly Statement[]): Promise<number> {
  let status = 0;
  for (const statement of statements) status = await runStatement(sh, statement);
  return status;
}

async function runStatement(sh: ShellProcess, statement: Statement): Promise<number> {
  await sh.tick();
  if (sh.pendingTraps.length > 0) await runPendingTraps(sh);
  if (sh.option("verbose") && statement.sourceText !== undefined) await sh.err(`${statement.sourceText}\n`);
  if (sh.option("noexec") && !sh.state.interactive) return 0;
  if (statement.background) {
    await runBackground(sh, statement);
    sh.state.status = 0;
    return 0;
  }
  let status = 0;
  const { pipelines, operators } = statement;
  for (const [index, pipeline] of pipelines.entries()) {
    if (isSkipped(operators[index - 1], status)) continue;
    const last = index === pipelines.length - 1;
    const run = () => runPipeline(sh, pipeline, runCommand);
    status = await (last ? run() : tested(sh, run));
    sh.state.status = status;
    if (status !== 0 && last && !pipeline.negated) await failed(sh, status);
  }
  return status;
}

function isSkipped(operator: Statement["operators"][number] | undefined, status: number): boolean {
  return (operator === "&&" && status !== 0) || (operator === "||" && status === 0);
}

async function failed(sh: ShellProcess, status: number): Promise<void> {
  if (sh.conditional > 0) return;
  const trap = sh.state.traps.get("ERR");
  if (trap !== undefined && trap !== "") {
    await sh.evaluator.text(sh, trap);
    sh.state.status = status;
  }
  if (sh.option("errexit")) throw new ExitJump(status);
}

async function runCommand(sh: ShellProcess, command: Command, inPlace: boolean): Promise<number> {
  if (command.line !== undefined) sh.state.line = command.line + sh.state.lineOffset;
  if (command.type === "SimpleCommand") return runSimple(sh, command, inPlace);
  if (command.type === "FunctionDef") {
    sh.state.functions.set(command.name, command);
    return 0;
  }
  return withRedirections(sh, command.redirections, () => runCompound(sh, command, inPlace));
}

async function withRedirections(
  sh: ShellProcess,
  redirections: Compound["redirections"],
  body: () => Promise<number>,
): Promise<number> {
  if (redirections.length === 0) return body();
  const saved: Descriptors = new Map();
  for (const [fd, descriptor] of sh.process.fds) saved.set(fd, descriptor.retain());
  try {
    try {
      await applyRedirections(sh, redirections, sh.process.fds);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      await sh.complain(error.text);
      return error.status;
    }
    return await body();
  } finally {
    restore(sh.process.fds, saved);
  }
}

/** Text as `eval`, scripts and `-c` read it: command by command, mistakes only when they are reached. */
async function runText(sh: ShellProcess, text: string): Promise<number> {
  let status = 0;
  const { lineOffset } = sh.state;
  for (const parsed of commandsOf(text)) {
    sh.state.lineOffset = lineOffset + parsed.firstLine;
    status = await runParsed(sh, parsed, parsed.source);
    if (parsed.kind !== "script") break;
  }
  sh.state.lineOffset = lineOffset;
  sh.state.status = status;
  return status;
}

async function runParsed(sh: ShellProcess, parsed: Parsed, source: string): Promise<number> {
  if (parsed.kind === "script")
    return guarded(sh, () =>
      sh.reports ? runReported(sh, parsed.script) : runStatements(sh, parsed.script.statements),
    );
  await sh.err(syntaxError(sh, parsed, source));
  sh.state.status = 2;
  if (!sh.state.interactive && sh.state.dialect !== "bash") throw new ExitJump(2);
  return 2;
}

/** Lines of one script that are reported one by one. */
const MAX_REPORTED = 200;

async function runReported(sh: ShellProcess, script: Script): Promise<number> {
  let status = 0;
  for (const statement of script.statements) {
    const started = performance.now();
    const { cwd } = sh;
    const report = (exitCode: number) => {
      if (sh.run.scriptLines >= MAX_REPORTED) return;
      sh.run.scriptLines += 1;
      sh.context.observer.command({
        n: sh.context.nextN(),
        cmd: (statement.sourceText ?? "").slice(0, 8192),
        uid: sh.process.owner.uid,
        user: sh.process.owner.user,
        cwd,
        tty: sh.process.tty !== undefined,
        exitCode,
        durationMs: Math.round(performance.now() - started),
        known: sh.run.known,
        parent: sh.run.n,
      });
    };
    try {
      status = await runStatement(sh, statement);
      report(status);
    } catch (error) {
      report(error instanceof ExitJump ? error.status : 1);
      throw error;
    }
  }
  return status;
}

/** An expansion error ends the line, not the shell, unless it is fatal in a script. */
async function guarded(sh: ShellProcess, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (error.text !== "") await sh.complain(error.text);
    const status =
      sh.state.dialect === "bash" && error.status === 127 && sh.state.interactive ? 1 : error.status;
    sh.state.status = status;
    if ((error.fatal || sh.state.dialect !== "bash") && !sh.state.interactive)
      throw new ExitJump(error.status);
    return status;
  }
}

async function callFunction(sh: ShellProcess, node: FunctionNode, args: readonly string[]): Promise<number> {
  const { state } = sh;
  if (sh.depth >= sh.run.budget.limits.recursion) throw new LimitReached("recursion");
  const saved = { positional: state.positional, loopDepth: state.loopDepth };
  state.positional = [...args];
  state.loopDepth = 0;
  state.calls.unshift(node.name);
  state.locals.unshift(new Map());
  sh.depth += 1;
  try {
    return await withRedirections(sh, node.redirections, () => runCommand(sh, node.body, false));
  } catch (error) {
    if (error instanceof ReturnJump) return error.status;
    throw error;
  } finally {
    sh.depth -= 1;
    state.calls.shift();
    for (const [name, variable] of state.locals.shift() ?? []) {
      if (variable === undefined) state.variables.delete(name);
      else state.variables.set(name, variable);
    }
    state.positional = saved.positional;
    state.loopDepth = saved.loopDepth;
  }
}

async function substitute(sh: ShellProcess, script: Script): Promise<string> {
  const output = collectorFile(sh.run.budget.limits.substitutionBytes);
  const child = forkShell(sh, {
    text: "$(...)",
    body: (inner) => runStatements(inner, script.statements),
    files: [[1, new Descriptor(output)]],
  });
  sh.state.status = await child.wait();
  substitutionStatus.set(sh, sh.state.status);
  const bytes = Buffer.concat(output.chunks);
  if (bytes.includes(0) && sh.state.dialect === "bash")
    await sh.complain("warning: command substitution: ignored null byte in input");
  return decode(bytes.includes(0) ? bytes.filter((byte) => byte !== 0) : bytes).replace(/\n+$/, "");
}

function processSubstitution(sh: ShellProcess, script: Script, direction: "input" | "output"): string {
  const pipe = new Pipe();
  let fd = 63;
  while (sh.process.fds.has(fd) && fd > 20) fd -= 1;
  const input = direction === "input";
  sh.process.fds.set(fd, new Descriptor(input ? pipe.reader : pipe.writer));
  forkShell(sh, {
    text: "<(...)",
    body: (inner) => runStatements(inner, script.statements),
    files: [
      [fd, undefined],
      [input ? 1 : 0, new Descriptor(input ? pipe.writer : pipe.reader)],
    ],
  });
  return `/dev/fd/${fd}`;
}

export const evaluator: Evaluator = {
  script: (sh, script) => guarded(sh, () => runStatements(sh, script.statements)),
  statements: runStatements,
  text: runText,
  callFunction,
  words: runWords,
  substitute,
  processSubstitution,
  expand: expandSingle,
  replace: replaceShell,
  lookup: lookupPath,
};
