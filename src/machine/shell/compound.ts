import { evaluateArithmetic } from "./arithmetic.ts";
import { evaluateCondition } from "./conditional.ts";
import { LoopJump, ShellError } from "./control.ts";
import { expandPattern, expandSingle, expandWords } from "./expand.ts";
import { matches } from "./pattern.ts";
import { forkShell } from "./pipeline.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { Compound, Node, Statement } from "./syntax.ts";

const runStatements = (sh: ShellProcess, statements: readonly Statement[]): Promise<number> =>
  sh.evaluator.statements(sh, statements);

export async function runCompound(sh: ShellProcess, node: Compound, inPlace: boolean): Promise<number> {
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

/** Runs what is only tested: its failure neither ends the shell nor runs the trap for errors. */
export async function tested(sh: ShellProcess, body: () => Promise<number>): Promise<number> {
  sh.conditional += 1;
  try {
    return await body();
  } finally {
    sh.conditional -= 1;
  }
}

async function condition(sh: ShellProcess, statements: readonly Statement[]): Promise<boolean> {
  return (await tested(sh, () => runStatements(sh, statements))) === 0;
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
