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

async function lscpu(context: ProgramContext): Promise<number> {
  const bad = context.args.find(
    (arg) => arg.startsWith("-") && !/^-(a|b|c|e|p|x|y|J|B|C|s)|^--(all|json|parse|extended)/.test(arg),
  );
  if (bad !== undefined)
    return context.fail(
      `lscpu: ${bad.startsWith("--") ? `unrecognized option '${bad}'` : `invalid option -- '${bad[1] ?? ""}'`}\nTry 'lscpu --help' for more information.`,
    );
  const { cpus } = context.model.hardware;
  const first = cpus[0];
  if (first === undefined) return 1;
  const sockets = new Set(cpus.map((cpu) => cpu.physicalId)).size;
  const cores = new Set(cpus.map((cpu) => `${cpu.physicalId}:${cpu.coreId}`)).size;
  const { machine } = context.model.release.uname;
  const range = cpus.length === 1 ? "0" : `0-${cpus.length - 1}`;
  const rows: [string, string][] = [
    ["Architecture:", machine],
    ["  CPU op-mode(s):", "32-bit, 64-bit"],
    ["  Address sizes:", "46 bits physical, 48 bits virtual"],
    ["  Byte Order:", "Little Endian"],
    ["CPU(s):", String(cpus.length)],
    ["  On-line CPU(s) list:", range],
    ["Vendor ID:", first.vendorId],
    ["  Model name:", first.modelName],
    ["    CPU family:", String(first.family)],
    ["    Model:", String(first.model)],
    ["    Thread(s) per core:", String(Math.max(1, Math.round(cpus.length / cores)))],
    ["    Core(s) per socket:", String(Math.max(1, Math.round(cores / sockets)))],
    ["    Socket(s):", String(sockets)],
    ["    Stepping:", String(first.stepping)],
    ["    BogoMIPS:", first.bogomips.toFixed(2)],
    ["    Flags:", first.flags.join(" ")],
    ["Caches (sum of all):", ""],
    ["  L1d:", `${32 * cores} KiB (${cores} instance${cores === 1 ? "" : "s"})`],
    ["  L1i:", `${32 * cores} KiB (${cores} instance${cores === 1 ? "" : "s"})`],
    ["  L2:", `${cores} MiB (${cores} instance${cores === 1 ? "" : "s"})`],
    [
      "  L3:",
      `${Math.round((first.cacheKiB / 1024) * sockets)} MiB (${sockets} instance${sockets === 1 ? "" : "s"})`,
    ],
    ["NUMA:", ""],
    ["  NUMA node(s):", "1"],
    ["  NUMA node0 CPU(s):", range],
    ["Vulnerabilities:", ""],
    ...first.bugs.map((bug): [string, string] => [
      `  ${bug.slice(0, 1).toUpperCase()}${bug.slice(1)}:`,
      "Mitigation; see kernel log",
    ]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length)) + 1;
  for (const [label, value] of rows)
    await context.out(`${label.padEnd(value === "" ? 0 : Math.max(width, 41))}${value}\n`);
  return 0;
}

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
  const mounts = context.world.mounts();
  let status = 0;
  let chosen = mounts.filter(
    (mount) =>
      mount.blocks > 0 &&
      (!parsed.has("t") || mount.type === parsed.value("t")) &&
      (!parsed.has("x") || mount.type !== parsed.value("x")),
  );
  if (parsed.rest.length > 0) {
    chosen = [];
    for (const name of parsed.rest) {
      const found = context.attempt(() => context.fs.realpath(context.path(name)));
      if (found.error !== undefined) status = await context.fail(`${context.argv0}: ${name}: ${found.error}`);
      else {
        const mount = mounts
          .filter(
            (each) =>
              found.value === each.target ||
              found.value.startsWith(each.target === "/" ? "/" : `${each.target}/`),
          )
          .toSorted((a, b) => b.target.length - a.target.length)[0];
        if (mount !== undefined) chosen.push(mount);
      }
    }
    if (chosen.length === 0) return status;
  }
  const humanized = parsed.has("h") || parsed.has("H");
  const size = (blocks: number, blockSize: number) => {
    const bytes = blocks * blockSize;
    if (humanized) return bytes === 0 ? "0" : humanSize(bytes, parsed.has("H") ? 1000 : 1024);
    return String(Math.ceil(bytes / (parsed.has("m") || parsed.value("B") === "M" ? 1_048_576 : 1024)));
  };
  const rows = chosen.map((mount) => {
    const used = parsed.has("i") ? mount.files - mount.filesFree : mount.blocks - mount.free;
    const free = parsed.has("i") ? mount.filesFree : mount.available;
    const percent = used + free === 0 ? "-" : `${Math.ceil((used / (used + free)) * 100)}%`;
    const cells = parsed.has("i")
      ? [String(mount.files), String(used), String(free)]
      : [size(mount.blocks, mount.blockSize), size(used, mount.blockSize), size(free, mount.blockSize)];
    return [mount.source, ...(parsed.has("T") ? [mount.type] : []), ...cells, percent, mount.target];
  });
  const heads = parsed.has("i")
    ? ["Inodes", "IUsed", "IFree", "IUse%"]
    : [
        humanized ? "Size" : parsed.has("P") ? "1024-blocks" : parsed.has("m") ? "1M-blocks" : "1K-blocks",
        "Used",
        humanized ? "Avail" : "Available",
        parsed.has("P") ? "Capacity" : "Use%",
      ];
  await table(
    context,
    [["Filesystem", ...(parsed.has("T") ? ["Type"] : []), ...heads, "Mounted on"], ...rows],
    parsed.has("T") ? 2 : 1,
  );
  return status;
}

/** Columns as df aligns them: `left` columns to the left, the last as it is. */
async function table(
  context: ProgramContext,
  rows: readonly (readonly string[])[],
  left: number,
): Promise<void> {
  const minimum = [14, 5, 5, 5, 4];
  const widths = (rows[0] ?? []).map((_head, column) =>
    Math.max(
      column === 0 ? (minimum[0] ?? 0) : column < left ? 4 : column === left + 3 ? 4 : 5,
      ...rows.map((row) => row[column]?.length ?? 0),
    ),
  );
  for (const row of rows)
    await context.out(
      `${row.map((cell, column) => (column === row.length - 1 ? cell : column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" ")}\n`,
    );
}

async function mount(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  const bad = context.args.find(
    (arg) =>
      arg.startsWith("--") && !/^--(bind|rbind|move|all|help|version|make-\w+|target|source|types)/.test(arg),
  );
  if (bad !== undefined)
    return context.fail(`mount: unrecognized option '${bad}'\nTry 'mount --help' for more information.`);
  const type = context.args.indexOf("-t");
  if (names.length === 0 || (type >= 0 && names.length === 1)) {
    for (const each of context.world.mounts())
      if (type < 0 || each.type === context.args[type + 1])
        await context.out(`${each.source} on ${each.target} type ${each.type} (${each.options})\n`);
    return 0;
  }
  if (context.uid !== 0) return context.fail("mount: only root can do that", 1).then(() => 1);
  const target = names.at(-1) ?? "";
  if (context.stat(target) === undefined)
    return context.fail(
      names.length === 1
        ? `mount: ${target}: can't find in /etc/fstab.`
        : `mount: ${target}: mount point does not exist.\n       dmesg(1) may have more information after failed mount system call.`,
      names.length === 1 ? 1 : 32,
    );
  return 0;
}

async function umount(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  if (names.length === 0) return context.fail("umount: bad usage\nTry 'umount --help' for more information.");
  for (const name of names) {
    if (context.stat(name) === undefined)
      return context.fail(
        `umount: ${name}: no mount point specified.`.replace(
          "no mount point specified.",
          "no mount point specified.",
        ),
        32,
      );
    if (!context.world.mounts().some((each) => each.target === name || each.source === name))
      return context.fail(`umount: ${name}: not mounted.`, 32);
    return context.fail(`umount: ${name}: target is busy.`, 32);
  }
  return 0;
}

async function lsblk(context: ProgramContext): Promise<number> {
  const { disks } = context.model.hardware;
  const size = (sectors: number) => {
    const bytes = sectors * 512;
    const units = ["B", "K", "M", "G", "T"];
    let value = bytes;
    let unit = 0;
    while (value >= 1024 && unit < 4) {
      value /= 1024;
      unit += 1;
    }
    return `${Number(value.toFixed(1))}${units[unit]}`;
  };
  const rows: string[][] = [];
  for (const disk of disks.filter((each) => each.parent === undefined)) {
    const row = (each: (typeof disks)[number], name: string) => [
      name,
      `${String(each.major).padStart(3)}:${each.minor}`,
      each.kind === "rom" ? "1" : "0",
      size(each.sectors),
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
  for (const row of all)
    await context.out(
      `${row.map((cell, column) => (column === 0 || column >= 5 ? (column === 6 ? cell : cell.padEnd(widths[column] ?? 0)) : column === 1 ? cell.padEnd(widths[1] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" ")}\n`,
    );
  return 0;
}

async function dmesg(context: ProgramContext): Promise<number> {
  if (context.uid !== 0) return context.fail("dmesg: read kernel buffer failed: Operation not permitted");
  const log = context.attempt(() => Buffer.from(context.fs.read("/var/log/dmesg")).toString("utf8"));
  if (log.error === undefined) await context.out(log.value);
  else
    await context.out(
      `[    0.000000] ${context.model.release.procVersion}\n[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-${context.model.release.uname.release} root=UUID=${context.model.hardware.disks.find((disk) => disk.mountpoint === "/")?.uuid ?? ""} ro quiet\n`,
    );
  return 0;
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

export const hardware: readonly Program[] = [
  { names: ["free"], run: free },
  { names: ["lscpu"], run: lscpu },
  { names: ["df"], run: df },
  { names: ["mount"], run: mount },
  { names: ["umount"], run: umount },
  { names: ["lsblk"], run: lsblk },
  { names: ["dmesg"], run: dmesg },
  { names: ["vmstat"], run: vmstat },
  { names: ["swapon"], run: swapon },
];
