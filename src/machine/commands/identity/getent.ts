import type { Program, ProgramContext } from "../command.ts";

/** Databases that are files of lines. */
const files: ReadonlyMap<string, string> = new Map(
  ["passwd", "group", "shadow", "hosts", "services", "protocols"].map((name) => [name, `/etc/${name}`]),
);
const usage = "Try `getent --help' or `getent --usage' for more information.";

async function getent(context: ProgramContext): Promise<number> {
  const [database, ...keys] = context.args;
  if (database === undefined) return context.fail(`getent: wrong number of arguments\n${usage}`);
  const path = files.get(database);
  if (path === undefined) return context.fail(`Unknown database: ${database}\n${usage}`);
  const text = context.attempt(() => Buffer.from(context.fs.read(path)).toString("utf8"));
  const lines = (text.value ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const found = database === "hosts" ? hosts(lines, keys) : entries(lines, keys);
  for (const line of found) await context.out(`${line}\n`);
  return found.length > 0 ? 0 : 2;
}

/** For each name the first address; IPv6 goes before IPv4. */
function hosts(lines: readonly string[], keys: readonly string[]): string[] {
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const isIpv6 = (row: readonly string[]) => Number(row[0]?.includes(":"));
  const best = (key: string) =>
    rows
      .filter((row) => row.includes(key))
      .toSorted((a, b) => isIpv6(b) - isIpv6(a))
      .slice(0, 1);
  const wanted = keys.length === 0 ? rows : keys.flatMap(best);
  return wanted.map(([address = "", ...names]) => `${address.padEnd(15)} ${names.join(" ")}`);
}

/** By name or by number. */
function entries(lines: readonly string[], keys: readonly string[]): readonly string[] {
  if (keys.length === 0) return lines;
  return lines.filter((line) => {
    const [name = "", , number = ""] = line.split(":");
    return keys.includes(name) || keys.includes(number);
  });
}

export const getentPrograms: readonly Program[] = [{ names: ["getent"], run: getent }];
