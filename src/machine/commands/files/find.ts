import type { FileFacts } from "../../contract.ts";
import type { Program, ProgramContext } from "../command.ts";
import { curly, curlyName, eachOperand } from "../operands.ts";
import { type FindExpression, parseExpression } from "./find-expression.ts";

interface Search {
  readonly context: ProgramContext;
  readonly expression: FindExpression;
}

async function find(context: ProgramContext): Promise<number> {
  const isLinkOption = (arg: string) => /^-[HLP]$/.test(arg);
  const split = context.args.findIndex((arg) => /^[-(!]/.test(arg) && !isLinkOption(arg));
  const roots = context.args.slice(0, split < 0 ? undefined : split).filter((arg) => !isLinkOption(arg));
  const expression = parseExpression(context, split < 0 ? [] : context.args.slice(split));
  if (typeof expression === "string") return context.fail(`${context.argv0}: ${expression}`);
  return eachOperand(roots.length === 0 ? ["."] : roots, async (root) => {
    const { value: facts, error } = context.attempt(() => context.fs.lstat(context.path(root)));
    if (error !== undefined) return context.fail(`${context.argv0}: ${curlyName(root)}: ${error}`);
    return findIn({ context, expression }, root, facts, 0);
  });
}

async function findIn(search: Search, path: string, facts: FileFacts, depth: number): Promise<number> {
  const { context, expression } = search;
  await context.tick();
  if (depth >= expression.minDepth && (await expression.test(path, facts)) && !expression.acts)
    await context.out(`${path}\n`);
  if (facts.kind !== "directory" || depth >= expression.maxDepth) return 0;
  const names = context.attempt(() => context.fs.readdir(context.path(path)));
  if (names.error !== undefined) return context.fail(`${context.argv0}: ${curly(path)}: ${names.error}`);
  return eachOperand(names.value, async (name) => {
    const child = `${path.replace(/\/$/, "")}/${name}`;
    const found = context.attempt(() => context.fs.lstat(context.path(child)));
    return found.error === undefined ? findIn(search, child, found.value, depth + 1) : 0;
  });
}

export const findPrograms: readonly Program[] = [{ names: ["find"], run: find }];
