import type { Program, ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { extraOperand, plainAnswer } from "./plain-answer.ts";

async function uname(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "asnrvmpio",
    long: {
      all: "a",
      "kernel-name": "s",
      nodename: "n",
      "kernel-release": "r",
      "kernel-version": "v",
      machine: "m",
      processor: "p",
      "hardware-platform": "i",
      "operating-system": "o",
    },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest[0] !== undefined) return extraOperand(context, parsed.rest[0]);
  const { uname: facts } = context.model.release;
  const all = parsed.has("a");
  const want = (key: string) => all || parsed.has(key);
  const parts: string[] = [];
  if (want("s") || parsed.set.size === 0) parts.push(facts.sysname);
  if (want("n")) parts.push(context.world.hostname());
  if (want("r")) parts.push(facts.release);
  if (want("v")) parts.push(facts.version);
  if (want("m")) parts.push(facts.machine);
  if (parsed.has("p") && !all) parts.push(facts.processor);
  if (parsed.has("i") && !all) parts.push(facts.processor);
  if (want("o")) parts.push(facts.operatingSystem);
  await context.out(`${parts.join(" ")}\n`);
  return 0;
}

async function nproc(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "", long: { all: "all", "ignore=": "i" } });
  if (typeof parsed === "number") return parsed;
  await context.out(`${Math.max(1, context.model.hardware.cpus.length - Number(parsed.value("i") ?? 0))}\n`);
  return 0;
}

export const unamePrograms: readonly Program[] = [
  { names: ["uname"], run: uname },
  { names: ["arch"], run: plainAnswer((context) => context.model.release.uname.machine) },
  { names: ["nproc"], run: nproc },
];
