import type { ProgramContext } from "../command.ts";
import { goDown } from "./power.ts";
import { actOnUnits, unitVerbs, withSuffix } from "./unit-actions.ts";
import { listUnitFiles, listUnits, unitStatus, unitText } from "./unit-lists.ts";

type Act = (context: ProgramContext, names: readonly string[]) => Promise<number> | number;

const verbs: Readonly<Record<string, Act>> = {
  ...Object.fromEntries(
    unitVerbs.map((verb): [string, Act] => [verb, (context, names) => actOnUnits(context, verb, names)]),
  ),
  status: (context, names) => (names.length > 0 ? unitStatus(context, names) : listUnits(context)),
  "list-units": (context) => listUnits(context),
  "list-unit-files": (context) => listUnitFiles(context),
  "is-active": isActive,
  "is-enabled": isEnabled,
  cat: (context, [name]) =>
    name === undefined ? context.fail("Unknown command verb cat.") : unitText(context, name),
  "daemon-reload": () => 0,
  "daemon-reexec": () => 0,
  "reset-failed": () => 0,
  reboot: (context) => goDown(context),
  poweroff: (context) => goDown(context),
  halt: (context) => goDown(context),
};

export async function systemctl(context: ProgramContext): Promise<number> {
  const [verb = "list-units", ...names] = context.args.filter((arg) => !arg.startsWith("-"));
  const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return act === undefined ? context.fail(`Unknown command verb ${verb}.`) : act(context, names);
}

async function isActive(context: ProgramContext, names: readonly string[]): Promise<number> {
  let code = 0;
  for (const name of names) {
    const state = context.world.services.get(name)?.active ?? "inactive";
    await context.out(`${state}\n`);
    if (state !== "active") code = 3;
  }
  return code;
}

async function isEnabled(context: ProgramContext, names: readonly string[]): Promise<number> {
  let code = 0;
  for (const name of names) {
    const state = context.world.services.get(name)?.enabled;
    if (state !== "enabled" && state !== "static") code = 1;
    if (state === undefined)
      await context.err(`Failed to get unit file state for ${withSuffix(name)}: No such file or directory\n`);
    else await context.out(`${state}\n`);
  }
  return code;
}
