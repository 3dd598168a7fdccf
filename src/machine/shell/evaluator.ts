import { evaluateArithmetic } from "./arithmetic.ts";
import { evaluateCondition } from "./conditional.ts";
import { ExitJump, LoopJump, ReturnJump, ShellError } from "./control.ts";
import { LimitReached } from "./errors.ts";
import { expandPattern, expandSingle, expandWords } from "./expand.ts";
import { collectorFile, Descriptor, type Descriptors, Pipe } from "./open-file.ts";
import { matches } from "./pattern.ts";
import { forkShell, runBackground, runPipeline } from "./pipeline.ts";
import { applyRedirections } from "./redirect.ts";
import { lookupPath } from "./resolve.ts";
import type { Evaluator, ShellProcess } from "./shell-process.ts";
import { replaceShell, runSimple, runWords } from "./simple.ts";
import { restore, substitutionStatus } from "./substitution.ts";
import {
  type Command,
  type Compound,
  commandsOf,
  type FunctionNode,
  type Node,
  type Parsed,
  type Script,
  type Statement,
} from "./syntax.ts";
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
    const before = index === 0 ? undefined : operators[index - 1];
    if (before === "&&" && status !== 0) continue;
    if (before === "||" && status === 0) continue;
    const last = index === pipelines.length - 1;
    if (!last) sh.conditional += 1;
    try {
      status = await runPipeline(sh, pipeline, runCommand);
    } finally {
      if (!last) sh.conditional -= 1;
    }
    sh.state.status = status;
    if (status !== 0 && last && !pipeline.negated) await failed(sh, status);
  }
  return status;
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

async function runCompound(sh: ShellProcess, node: Compound, inPlace: boolean): Promise<number> {
  switch (node.type) {
    case "Group":
      return runStatements(sh, node.body);
    case "Subshell":
      return inPlace ? runStatements(sh, node.body) : runSubshell(sh, node);
    case "If":
      return runIf(sh, node);
    case "For":
      return runFor(sh, node);
    case "CStyleFor":
      return runCountedFor(sh, node);
    case "While":
    case "Until":
      return runWhile(sh, node);
    case "Case":
      return runCase(sh, node);
    case "ArithmeticCommand":
      return inError(
        sh,
        async () =>
          (await evaluateArithmetic(sh, node.expression.expression, node.expression.originalText)) === 0n
            ? 1
            : 0,
        "((: ",
      );
    case "ConditionalCommand":
      if (sh.state.dialect === "dash") return unknownBracket(sh);
      return inError(sh, async () => ((await evaluateCondition(sh, node.expression)) ? 0 : 1));
    default:
      return 2;
  }
}

/** dash has no `[[`: it is a word like any other. */
async function unknownBracket(sh: ShellProcess): Promise<number> {
  await sh.complain("[[: not found");
  return 127;
}

async function inError(sh: ShellProcess, body: () => Promise<number>, label = ""): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof ShellError) || error.fatal) throw error;
    if (error.text !== "") await sh.complain(label + error.text);
    return error.status;
  }
}

async function runSubshell(sh: ShellProcess, node: Node<"Subshell">): Promise<number> {
  const child = forkShell(sh, { text: "(...)", body: (inner) => runStatements(inner, node.body) });
  return child.wait();
}

async function condition(sh: ShellProcess, statements: readonly Statement[]): Promise<boolean> {
  sh.conditional += 1;
  try {
    return (await runStatements(sh, statements)) === 0;
  } finally {
    sh.conditional -= 1;
  }
}

async function runIf(sh: ShellProcess, node: Node<"If">): Promise<number> {
  for (const clause of node.clauses) {
    if (await condition(sh, clause.condition)) return runStatements(sh, clause.body);
  }
  return node.elseBody === null ? 0 : runStatements(sh, node.elseBody);
}

/** One turn of a loop. @returns false when the loop is left */
async function turn(
  sh: ShellProcess,
  body: readonly Statement[],
  result: { status: number },
): Promise<boolean> {
  sh.run.budget.iterate();
  await sh.tick();
  try {
    result.status = await runStatements(sh, body);
    return true;
  } catch (error) {
    if (!(error instanceof LoopJump)) throw error;
    result.status = 0;
    if (error.levels > 1 && sh.state.loopDepth > 1) {
      error.levels -= 1;
      throw error;
    }
    return error.kind === "continue";
  }
}

async function loop(sh: ShellProcess, body: () => Promise<number>): Promise<number> {
  sh.state.loopDepth += 1;
  try {
    return await body();
  } finally {
    sh.state.loopDepth -= 1;
  }
}

function runFor(sh: ShellProcess, node: Node<"For">): Promise<number> {
  return loop(sh, async () => {
    const result = { status: 0 };
    const words = node.words === null ? [...sh.state.positional] : await expandWords(sh, node.words);
    for (const word of words) {
      sh.vars.set(node.variable, word);
      if (!(await turn(sh, node.body, result))) break;
    }
    return result.status;
  });
}

function runCountedFor(sh: ShellProcess, node: Node<"CStyleFor">): Promise<number> {
  return loop(sh, async () => {
    const result = { status: 0 };
    const value = (part: typeof node.init) =>
      part === null ? Promise.resolve(1n) : evaluateArithmetic(sh, part.expression, part.originalText);
    await value(node.init);
    while ((await value(node.condition)) !== 0n) {
      if (!(await turn(sh, node.body, result))) break;
      await value(node.update);
    }
    return result.status;
  });
}

function runWhile(sh: ShellProcess, node: Node<"While"> | Node<"Until">): Promise<number> {
  return loop(sh, async () => {
    const result = { status: 0 };
    const wanted = node.type === "While";
    for (;;) {
      try {
        if ((await condition(sh, node.condition)) !== wanted) break;
      } catch (error) {
        if (!(error instanceof LoopJump)) throw error;
        if (error.kind === "break") break;
      }
      if (!(await turn(sh, node.body, result))) break;
    }
    return result.status;
  });
}

async function runCase(sh: ShellProcess, node: Node<"Case">): Promise<number> {
  const subject = await expandSingle(sh, node.word);
  let status = 0;
  let through = false;
  for (const item of node.items) {
    let hit = through;
    for (const pattern of hit ? [] : item.patterns) {
      if (matches(await expandPattern(sh, pattern), subject, sh.state.shopt.has("nocasematch"))) {
        hit = true;
        break;
      }
    }
    if (!hit) continue;
    status = await runStatements(sh, item.body);
    if (item.terminator === ";;") return status;
    through = item.terminator === ";&";
  }
  return status;
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

export function syntaxError(
  sh: ShellProcess,
  parsed: Exclude<Parsed, { kind: "script" }>,
  source: string,
): string {
  const { dialect, arg0, interactive, lineOffset, commandString } = sh.state;
  const lines = source.split("\n");
  const at = (line: number) => lineOffset + line;
  if (dialect !== "bash") {
    const what = parsed.kind === "incomplete" ? endOfFile(parsed.wanted) : `"${parsed.token}" unexpected`;
    const line = parsed.kind === "incomplete" ? at(lines.length) : at(parsed.line);
    return dialect === "ash"
      ? `${arg0}: syntax error: ${what.replace("Unterminated", "unterminated")}\n`
      : `${arg0}: ${line}: Syntax error: ${what}\n`;
  }
  const head = (line: number) =>
    interactive ? `${arg0}: ` : `${arg0}: ${commandString ? "-c: " : ""}line ${at(line)}: `;
  if (parsed.kind === "incomplete") {
    const last = lines.length + (commandString || source.endsWith("\n") ? 0 : 1);
    if (/^["'`)}]$/.test(parsed.wanted)) {
      const first =
        lines.findIndex((line) =>
          line.includes(parsed.wanted === ")" ? "(" : parsed.wanted === "}" ? "{" : parsed.wanted),
        ) + 1;
      return `${head(Math.max(1, first))}unexpected EOF while looking for matching \`${parsed.wanted}'\n${parsed.wanted === ")" || parsed.wanted === "}" ? "" : `${head(last + (commandString ? 1 : 0))}syntax error: unexpected end of file\n`}`.replace(
        /\n$/,
        "\n",
      );
    }
    return `${head(last + (commandString ? 1 : 0))}syntax error: unexpected end of file\n`;
  }
  if (parsed.message !== undefined) return `${head(parsed.line)}${parsed.message}\n`;
  const quoted = lines[parsed.line - 1] ?? "";
  const first = `${head(parsed.line)}syntax error near unexpected token \`${parsed.token}'\n`;
  return interactive ? first : `${first}${head(parsed.line)}\`${quoted}'\n`;
}

function endOfFile(wanted: string): string {
  if (wanted === '"' || wanted === "'") return "Unterminated quoted string";
  if (wanted === "`") return "EOF in backquote substitution";
  return "end of file unexpected";
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
