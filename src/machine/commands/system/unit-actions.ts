import type { ProgramContext } from "../command.ts";

export const withSuffix = (name: string) =>
  /\.(service|socket|timer|target|mount)$/.test(name) ? name : `${name}.service`;

/** What is done to a unit by its name. */
export const unitVerbs = [
  "start",
  "stop",
  "restart",
  "reload",
  "enable",
  "disable",
  "mask",
  "unmask",
] as const;
export type UnitVerb = (typeof unitVerbs)[number];

export async function actOnUnits(
  context: ProgramContext,
  verb: UnitVerb,
  names: readonly string[],
): Promise<number> {
  const [first] = names;
  if (first === undefined) return context.fail("Too few arguments.");
  if (context.uid !== 0)
    return context.fail(
      `Failed to ${verb} ${withSuffix(first)}: Access denied\nSee system logs and 'systemctl status ${withSuffix(first)}' for details.`,
      4,
    );
  let code = 0;
  for (const name of names) code = (await actOnUnit(context, verb, name)) || code;
  return code;
}

async function actOnUnit(context: ProgramContext, verb: UnitVerb, name: string): Promise<number> {
  await context.sleep(60 + Math.random() * 200);
  const unit = withSuffix(name);
  const result = context.world.services.act(name, verb);
  if (result === "not-found") return notFound(context, verb, unit);
  if (result === "masked") return context.fail(`Failed to ${verb} ${unit}: Unit ${unit} is masked.`);
  if (result === "failed")
    return context.fail(
      `Job for ${unit} failed because the control process exited with error code.\nSee "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.`,
    );
  if (verb !== "start") context.login.observer.machineChange({ kind: "unit", path: unit, detail: verb });
  return 0;
}

/** Enabling and masking work on unit files, the others on units. */
function notFound(context: ProgramContext, verb: UnitVerb, unit: string): Promise<number> {
  if (/able|mask/.test(verb))
    return context.fail(`Failed to ${verb} unit: Unit file ${unit} does not exist.`);
  const missing = verb === "stop" ? "not loaded" : "not found";
  return context.fail(`Failed to ${verb} ${unit}: Unit ${unit} ${missing}.`, 5);
}
