import type { Program, ProgramContext } from "../command.ts";
import { optionComplaint } from "../operands.ts";

async function lscpu(context: ProgramContext): Promise<number> {
  const bad = context.args.find(
    (arg) => arg.startsWith("-") && !/^-(a|b|c|e|p|x|y|J|B|C|s)|^--(all|json|parse|extended)/.test(arg),
  );
  if (bad !== undefined)
    return context.fail(`lscpu: ${optionComplaint(bad)}\nTry 'lscpu --help' for more information.`);
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

export const lscpuPrograms: readonly Program[] = [{ names: ["lscpu"], run: lscpu }];
