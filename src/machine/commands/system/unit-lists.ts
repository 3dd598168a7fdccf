import type { UnitFacts } from "../../model.ts";
import type { ProgramContext } from "../command.ts";
import { localTime, strftime } from "../format.ts";
import { withSuffix } from "./unit-actions.ts";

export async function unitStatus(context: ProgramContext, names: readonly string[]): Promise<number> {
  let code = 0;
  for (const name of names) {
    const unit = context.world.services.get(name);
    if (unit === undefined || unit.load === "not-found") {
      code = await context.fail(`Unit ${withSuffix(name)} could not be found.`, 4);
      continue;
    }
    await context.out(stateText(context, unit));
    const main = unit.mainPid === undefined ? undefined : context.world.processes.get(unit.mainPid);
    if (main !== undefined) await context.out(processText(context, unit, main));
    if (unit.active !== "active") code = 3;
  }
  return code;
}

function agoText(seconds: number): string {
  if (seconds > 86_400 * 2) return `${Math.floor(seconds / 86_400)} days ago`;
  return seconds > 3600 ? `${Math.floor(seconds / 3600)}h ago` : `${Math.floor(seconds / 60)}min ago`;
}

const dots: Readonly<Record<string, string>> = { active: "●", failed: "×" };

function stateText(context: ProgramContext, unit: UnitFacts): string {
  const since = strftime("%a %Y-%m-%d %H:%M:%S %Z", localTime(context.world, unit.since));
  const when =
    unit.active === "inactive" ? "" : ` since ${since}; ${agoText(context.world.now() - unit.since)}`;
  return `${dots[unit.active] ?? "○"} ${unit.name} - ${unit.description}
     Loaded: ${unit.load} (${unit.path}; ${unit.enabled}; preset: ${unit.preset})
     Active: ${unit.active} (${unit.sub})${when}
`;
}

type MainProcess = NonNullable<ReturnType<ProgramContext["world"]["processes"]["get"]>>;

function processText(context: ProgramContext, unit: UnitFacts, main: MainProcess): string {
  const limit = Math.floor(context.model.persona.hardware.memoryMiB * 1.15);
  const cpu = context.world.processes.cpu(main.pid).seconds * 1000;
  return `   Main PID: ${main.pid} (${main.comm})
      Tasks: ${main.threads} (limit: ${limit})
     Memory: ${(main.rss / 1024).toFixed(1)}M
        CPU: ${cpu.toFixed(0)}ms
     CGroup: /system.slice/${unit.name}
             └─${main.pid} ${main.argv.join(" ")}
`;
}

export async function listUnits(context: ProgramContext): Promise<number> {
  const typeFlag = /--type[= ](\w+)|-t ?(\w+)/.exec(context.args.join(" "));
  const type = typeFlag?.[1] ?? typeFlag?.[2];
  const units = context.world.services
    .list()
    .filter(
      (unit) =>
        (type === undefined || unit.type === type) &&
        unit.active !== "inactive" &&
        (!context.args.join(" ").includes("running") || unit.sub === "running"),
    );
  await context.out(
    table([
      ["  UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"],
      ...units.map((unit: UnitFacts) => [
        `  ${unit.name}`,
        unit.load,
        unit.active,
        unit.sub,
        unit.description,
      ]),
    ]),
  );
  await context.out(
    `\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.\n${units.length} loaded units listed. Pass --all to see loaded but inactive units, too.\nTo show all installed unit files use 'systemctl list-unit-files'.\n`,
  );
  return 0;
}

export async function listUnitFiles(context: ProgramContext): Promise<number> {
  const units = context.world.services.list();
  await context.out(
    `${table([["UNIT FILE", "STATE", "PRESET"], ...units.map((unit) => [unit.name, unit.enabled, unit.preset])])}\n${units.length} unit files listed.\n`,
  );
  return 0;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(" ")}\n`,
    )
    .join("");
}

export async function unitText(context: ProgramContext, name: string): Promise<number> {
  const unit = context.world.services.get(name);
  if (unit === undefined) return context.fail(`No files found for ${withSuffix(name)}.`);
  const text = context.attempt(() => Buffer.from(context.fs.read(unit.path)).toString("utf8"));
  await context.out(`# ${unit.path}\n${text.value ?? ""}`);
  return 0;
}
