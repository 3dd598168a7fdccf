import type { Program, ProgramContext } from "../command.ts";
import { blocksOf, humanSize, quoteName } from "../format.ts";
import { options } from "../options.ts";

/** How each unit shows an amount. */
const amounts: ReadonlyMap<string, (kib: number, bytes: number) => string> = new Map([
  ["b", (_kib: number, bytes: number) => String(bytes)],
  ["h", (kib: number) => (kib === 0 ? "0" : humanSize(kib * 1024))],
  ["m", (kib: number) => String(Math.ceil(kib / 1024))],
  ["k", (kib: number) => String(kib)],
]);

async function du(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "abBcd:hHklLmsSxX:0",
    long: {
      all: "a",
      bytes: "b",
      total: "c",
      "max-depth=": "d",
      "human-readable": "h",
      summarize: "s",
      "one-file-system": "x",
      "apparent-size": "app",
      "exclude=": "X",
    },
  });
  if (typeof parsed === "number") return parsed;
  let status = 0;
  const depthLimit = parsed.has("s") ? 0 : Number(parsed.value("d") ?? Number.POSITIVE_INFINITY);
  const unit = ["b", "h", "m"].find((key) => parsed.has(key)) ?? "k";
  const show = (kib: number, bytes: number) => (amounts.get(unit) ?? String)(kib, bytes);
  let grand = 0;
  const visit = async (name: string, depth: number): Promise<readonly [number, number]> => {
    await context.tick();
    const facts = context.attempt(() => context.fs.lstat(context.path(name)));
    if (facts.error !== undefined) {
      status = await context.fail(`${context.argv0}: cannot access ${quoteName(name)}: ${facts.error}`);
      return [0, 0];
    }
    let kib = blocksOf(facts.value);
    let bytes = facts.value.size;
    const directory = facts.value.kind === "directory";
    if (directory) {
      const names = context.attempt(() => context.fs.readdir(context.path(name)));
      if (names.error !== undefined)
        status = await context.fail(
          `${context.argv0}: cannot read directory ${quoteName(name)}: ${names.error}`,
        );
      for (const child of names.value ?? []) {
        const [k, b] = await visit(`${name === "/" ? "" : name}/${child}`, depth + 1);
        kib += k;
        bytes += b;
      }
    }
    if (depth <= depthLimit && (directory || parsed.has("a") || depth === 0))
      await context.out(`${show(kib, bytes)}\t${name}\n`);
    return [kib, bytes];
  };
  for (const name of parsed.rest.length === 0 ? ["."] : parsed.rest) grand += (await visit(name, 0))[0];
  if (parsed.has("c")) await context.out(`${show(grand, grand * 1024)}\ttotal\n`);
  return status;
}

export const duPrograms: readonly Program[] = [{ names: ["du"], run: du }];
