import type { Program, ProgramContext } from "../command.ts";
import { humanSize } from "../format.ts";
import { options } from "../options.ts";

async function free(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "bkmghltvws:c:V",
    long: {
      bytes: "b",
      kibi: "k",
      mebi: "m",
      gibi: "g",
      human: "h",
      wide: "w",
      total: "t",
      "seconds=": "s",
      "count=": "c",
      lohi: "l",
      si: "si",
    },
  });
  if (typeof parsed === "number") return parsed;
  const divisor = parsed.has("b") ? 1 / 1024 : parsed.has("m") ? 1024 : parsed.has("g") ? 1_048_576 : 1;
  const show = (kib: number) => (parsed.has("h") ? human(kib) : String(Math.floor(kib / divisor)));
  const repeat = parsed.has("s") ? Number(parsed.value("c") ?? 1000) : 1;
  for (let turn = 0; turn < repeat; turn++) {
    const memory = context.world.memory();
    const cache = memory.buffers + memory.cached + memory.slabReclaimable;
    const used = Math.max(0, memory.total - memory.available);
    const row = (label: string, values: readonly number[]) =>
      `${label.padEnd(8)}${values.map((value) => show(value).padStart(12)).join("")}\n`.replace(
        /^(\S+ +?)(?= )/,
        "$1",
      );
    await context.out("               total        used        free      shared  buff/cache   available\n");
    await context.out(row("Mem:", [memory.total, used, memory.free, memory.shared, cache, memory.available]));
    await context.out(row("Swap:", [memory.swapTotal, memory.swapTotal - memory.swapFree, memory.swapFree]));
    if (parsed.has("t"))
      await context.out(
        row("Total:", [
          memory.total + memory.swapTotal,
          used + memory.swapTotal - memory.swapFree,
          memory.free + memory.swapFree,
        ]),
      );
    if (turn + 1 < repeat) {
      await context.out("\n");
      await context.sleep(Number(parsed.value("s") ?? 1) * 1000);
    }
  }
  return 0;
}

/** procps rounds down to one digit below ten. */
function human(kib: number): string {
  if (kib === 0) return "0B";
  const units = ["Ki", "Mi", "Gi", "Ti"];
  let value = kib;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? (Math.floor(value * 10) / 10).toFixed(1) : Math.floor(value)}${units[unit]}`;
}

async function vmstat(context: ProgramContext): Promise<number> {
  const [delay, count] = context.args.filter((arg) => /^\d+$/.test(arg)).map(Number);
  await context.out(
    "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n",
  );
  for (let turn = 0; turn < (count ?? (delay === undefined ? 1 : 1_000_000)); turn++) {
    if (turn > 0) await context.sleep((delay ?? 1) * 1000);
    const memory = context.world.memory();
    const cell = (value: number, width: number) => String(Math.round(value)).padStart(width);
    const busy = Math.min(
      99,
      Math.round((context.world.loadAverage()[0] / context.model.hardware.cpus.length) * 100),
    );
    await context.out(
      `${cell(busy > 50 ? 2 : turn % 2, 2)} ${cell(0, 2)} ${cell(memory.swapTotal - memory.swapFree, 6)} ${cell(memory.free, 6)} ${cell(memory.buffers, 6)} ${cell(memory.cached + memory.slabReclaimable, 6)} ${cell(0, 4)} ${cell(0, 4)} ${cell(3 + (turn % 5), 5)} ${cell(12 + (turn % 9), 5)} ${cell(90 + turn, 4)} ${cell(160 + turn, 4)} ${cell(busy * 0.7, 2)} ${cell(busy * 0.3, 2)} ${cell(100 - busy, 2)} ${cell(0, 2)} ${cell(0, 2)}\n`,
    );
  }
  return 0;
}

async function swapon(context: ProgramContext): Promise<number> {
  const text = context.attempt(() => Buffer.from(context.fs.read("/proc/swaps")).toString("utf8"));
  const rows = (text.value ?? "")
    .split("\n")
    .slice(1)
    .filter((line) => line !== "");
  if (rows.length > 0) await context.out("NAME      TYPE      SIZE USED PRIO\n");
  for (const row of rows) {
    const [name = "", type = "", size = "0", used = "0", priority = ""] = row.split(/\s+/);
    await context.out(
      `${name.padEnd(9)} ${type.padEnd(9)} ${humanSize(Number(size) * 1024).padStart(4)} ${used === "0" ? "  0B" : humanSize(Number(used) * 1024)} ${priority.padStart(4)}\n`,
    );
  }
  return 0;
}

export const memoryPrograms: readonly Program[] = [
  { names: ["free"], run: free },
  { names: ["vmstat"], run: vmstat },
  { names: ["swapon"], run: swapon },
];
