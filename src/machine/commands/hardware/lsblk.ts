import type { Program, ProgramContext } from "../command.ts";

/** NAME, MAJ:MIN and TYPE. */
const leftColumns = new Set([0, 1, 5]);

function sizeText(sectors: number): string {
  const units = ["B", "K", "M", "G", "T"];
  let value = sectors * 512;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(1))}${units[unit]}`;
}

async function lsblk(context: ProgramContext): Promise<number> {
  const { disks } = context.model.hardware;
  const rows: string[][] = [];
  for (const disk of disks.filter((each) => each.parent === undefined)) {
    const row = (each: (typeof disks)[number], name: string) => [
      name,
      `${String(each.major).padStart(3)}:${each.minor}`,
      each.kind === "rom" ? "1" : "0",
      sizeText(each.sectors),
      "0",
      each.kind,
      each.mountpoint ?? "",
    ];
    rows.push(row(disk, disk.name));
    const parts = disks.filter((each) => each.parent === disk.name);
    for (const [index, part] of parts.entries())
      rows.push(row(part, `${index === parts.length - 1 ? "└─" : "├─"}${part.name}`));
  }
  const head = ["NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", "MOUNTPOINTS"];
  const all = [head, ...rows];
  const widths = head.map((_each, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const aligned = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    if (column === head.length - 1) return cell;
    return leftColumns.has(column) ? cell.padEnd(width) : cell.padStart(width);
  };
  for (const row of all) await context.out(`${row.map(aligned).join(" ")}\n`);
  return 0;
}

export const lsblkPrograms: readonly Program[] = [{ names: ["lsblk"], run: lsblk }];
