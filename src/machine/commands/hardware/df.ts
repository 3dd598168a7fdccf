import type { Mount } from "../../model.ts";
import type { Program, ProgramContext } from "../command.ts";
import { humanSize } from "../format.ts";
import { eachOperand } from "../operands.ts";
import { type Options, options } from "../options.ts";

async function df(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "aB:hHiklmPt:Tx:v",
    long: {
      all: "a",
      "human-readable": "h",
      si: "H",
      inodes: "i",
      local: "l",
      portability: "P",
      "print-type": "T",
      "type=": "t",
      "exclude-type=": "x",
      total: "total",
      "block-size=": "B",
      "output?": "o",
    },
  });
  if (typeof parsed === "number") return parsed;
  const { mounts, status } = await chosenMounts(context, parsed);
  if (parsed.rest.length > 0 && mounts.length === 0) return status;
  const typed = parsed.has("T");
  const rows = mounts.map((mount) => [
    mount.source,
    ...(typed ? [mount.type] : []),
    ...amounts(mount, parsed),
    mount.target,
  ]);
  const head = ["Filesystem", ...(typed ? ["Type"] : []), ...heads(parsed), "Mounted on"];
  await table(context, [head, ...rows], typed ? 2 : 1);
  return status;
}

/** The mounts that hold the named files; without names all that have blocks, by type. */
async function chosenMounts(
  context: ProgramContext,
  parsed: Options,
): Promise<{ readonly mounts: readonly Mount[]; readonly status: number }> {
  const all = context.world.mounts();
  if (parsed.rest.length === 0) {
    const isWanted = ({ blocks, type }: Mount) =>
      blocks > 0 &&
      (!parsed.has("t") || type === parsed.value("t")) &&
      (!parsed.has("x") || type !== parsed.value("x"));
    return { mounts: all.filter(isWanted), status: 0 };
  }
  const mounts: Mount[] = [];
  const status = await eachOperand(parsed.rest, async (name) => {
    const { value: path, error } = context.attempt(() => context.fs.realpath(context.path(name)));
    if (error !== undefined) return context.fail(`${context.argv0}: ${name}: ${error}`);
    const mount = mountOf(all, path);
    if (mount !== undefined) mounts.push(mount);
    return 0;
  });
  return { mounts, status };
}

/** The mount with the longest path above `path`. */
function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const above = (target: string) => (target === "/" ? "/" : `${target}/`);
  return mounts
    .filter(({ target }) => path === target || path.startsWith(above(target)))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
}

const isHuman = (parsed: Options) => parsed.has("h") || parsed.has("H");

function amounts(mount: Mount, parsed: Options): string[] {
  const inodes = parsed.has("i");
  const used = inodes ? mount.files - mount.filesFree : mount.blocks - mount.free;
  const free = inodes ? mount.filesFree : mount.available;
  const percent = used + free === 0 ? "-" : `${Math.ceil((used / (used + free)) * 100)}%`;
  const shown = inodes ? String : (blocks: number) => sizeText(blocks * mount.blockSize, parsed);
  return [...[inodes ? mount.files : mount.blocks, used, free].map((each) => shown(each)), percent];
}

function sizeText(bytes: number, parsed: Options): string {
  if (isHuman(parsed)) return bytes === 0 ? "0" : humanSize(bytes, parsed.has("H") ? 1000 : 1024);
  const mebi = parsed.has("m") || parsed.value("B") === "M";
  return String(Math.ceil(bytes / (mebi ? 1_048_576 : 1024)));
}

function heads(parsed: Options): string[] {
  if (parsed.has("i")) return ["Inodes", "IUsed", "IFree", "IUse%"];
  const percent = parsed.has("P") ? "Capacity" : "Use%";
  if (isHuman(parsed)) return ["Size", "Used", "Avail", percent];
  return [blockHead(parsed), "Used", "Available", percent];
}

function blockHead(parsed: Options): string {
  if (parsed.has("P")) return "1024-blocks";
  return parsed.has("m") ? "1M-blocks" : "1K-blocks";
}

/** Columns as df aligns them: `left` columns to the left, the last as it is. */
async function table(
  context: ProgramContext,
  rows: readonly (readonly string[])[],
  left: number,
): Promise<void> {
  const minimum = (column: number) => {
    if (column === 0) return 14;
    return column < left || column === left + 3 ? 4 : 5;
  };
  const widths = (rows[0] ?? []).map((_head, column) =>
    Math.max(minimum(column), ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const aligned = (cell: string, column: number) => {
    if (column === widths.length - 1) return cell;
    const width = widths[column] ?? 0;
    return column < left ? cell.padEnd(width) : cell.padStart(width);
  };
  for (const row of rows) await context.out(`${row.map(aligned).join(" ")}\n`);
}

export const dfPrograms: readonly Program[] = [{ names: ["df"], run: df }];
