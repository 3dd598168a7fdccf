import { ShellError } from "../control.ts";
import type { ShellProcess } from "../shell-process.ts";

export async function umask(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const value = args.find((arg) => !/^-[pS]+$/.test(arg));
  if (value !== undefined) {
    sh.state.umask = /^\d+$/.test(value) ? octalMask(sh, value) : symbolicMask(sh.state.umask, value);
    return 0;
  }
  const text = args.includes("-S")
    ? symbolicText(sh.state.umask)
    : sh.state.umask.toString(8).padStart(4, "0");
  await sh.out(`${args.includes("-p") ? "umask " : ""}${text}\n`);
  return 0;
}

const classes = [
  ["u", 6],
  ["g", 3],
  ["o", 0],
] as const;
const permissions = [
  ["r", 4],
  ["w", 2],
  ["x", 1],
] as const;

/** What the mask leaves: `u=rwx,g=rx,o=rx`. */
function symbolicText(mask: number): string {
  return classes
    .map(([who, shift]) => {
      const left = permissions.filter(([, bit]) => (~(mask >> shift) & bit) !== 0);
      return `${who}=${left.map(([letter]) => letter).join("")}`;
    })
    .join(",");
}

function octalMask(sh: ShellProcess, value: string): number {
  const mask = Number.parseInt(value, 8);
  if (/^[0-7]+$/.test(value) && mask <= 0o777) return mask;
  throw new ShellError(
    sh.state.dialect === "bash"
      ? `umask: ${value}: octal number out of range`
      : `umask: Illegal number: ${value}`,
  );
}

function symbolicMask(former: number, value: string): number {
  let mask = former;
  for (const clause of value.split(",")) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause);
    if (!match) throw new ShellError(`umask: \`${value[0]}': invalid symbolic mode operator`);
    const [, who = "", operator = "", letters = ""] = match;
    const everybody = who === "" || who.includes("a");
    const allowed = permissions.reduce(
      (bits, [letter, bit]) => (letters.includes(letter) ? bits | bit : bits),
      0,
    );
    for (const [each, shift] of classes) {
      if (everybody || who.includes(each)) mask = changed(mask, operator, { allowed, shift });
    }
  }
  return mask;
}

/** `+` allows, `-` forbids, `=` allows these and forbids the rest. */
function changed(
  mask: number,
  operator: string,
  { allowed, shift }: { readonly allowed: number; readonly shift: number },
): number {
  if (operator === "+") return mask & ~(allowed << shift);
  if (operator === "-") return mask | (allowed << shift);
  return (mask & ~(7 << shift)) | ((~allowed & 7) << shift);
}

const resources: readonly (readonly [string, string, string, string])[] = [
  ["R", "real-time non-blocking time", "microseconds", "unlimited"],
  ["c", "core file size", "blocks", "0"],
  ["d", "data seg size", "kbytes", "unlimited"],
  ["e", "scheduling priority", "", "0"],
  ["f", "file size", "blocks", "unlimited"],
  ["i", "pending signals", "", ""],
  ["l", "max locked memory", "kbytes", ""],
  ["m", "max memory size", "kbytes", "unlimited"],
  ["n", "open files", "", "1024"],
  ["p", "pipe size", "512 bytes", "8"],
  ["q", "POSIX message queues", "bytes", "819200"],
  ["r", "real-time priority", "", "0"],
  ["s", "stack size", "kbytes", "8192"],
  ["t", "cpu time", "seconds", "unlimited"],
  ["u", "max user processes", "", ""],
  ["v", "virtual memory", "kbytes", "unlimited"],
  ["x", "file locks", "", "unlimited"],
];

function limitValue(sh: ShellProcess, letter: string, hard: boolean): string {
  const set = sh.state.limits.get(letter);
  if (set !== undefined) return set;
  const { memoryMiB } = sh.context.model.persona.hardware;
  if (letter === "i" || letter === "u") return String(Math.floor(memoryMiB * 3.9));
  if (letter === "l") return String(Math.floor((memoryMiB * 1024) / 8));
  if (hard && letter === "n") return "1048576";
  if (hard && (letter === "s" || letter === "c")) return "unlimited";
  return resources.find(([each]) => each === letter)?.[3] ?? "unlimited";
}

export async function ulimit(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const letters = args.filter((arg) => arg.startsWith("-")).flatMap((arg) => arg.slice(1));
  const hard = letters.includes("H");
  const value = args.find((arg) => !arg.startsWith("-"));
  const label = (text: string, unit: string, letter: string) =>
    `${text.padEnd(25)} ${`(${unit === "" ? "" : `${unit}, `}-${letter})`.padStart(20)} `.replace(
      /^(.{46}).*$/s,
      "$1",
    );
  if (letters.includes("a")) {
    for (const [letter, text, unit] of resources)
      await sh.out(`${label(text, unit, letter)}${limitValue(sh, letter, hard)}\n`);
    return 0;
  }
  const chosen = letters.filter((letter) => letter !== "H" && letter !== "S");
  for (const letter of chosen.length > 0 ? chosen : ["f"]) {
    if (!resources.some(([each]) => each === letter)) {
      await sh.complain(`ulimit: -${letter}: invalid option`);
      await sh.err("ulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]\n");
      return 2;
    }
    if (value === undefined) await sh.out(`${limitValue(sh, letter, hard)}\n`);
    else if (!/^(\d+|unlimited|hard|soft)$/.test(value))
      throw new ShellError(`ulimit: ${value}: invalid number`);
    else if (/^\d+$|^unlimited$/.test(value)) sh.state.limits.set(letter, value);
  }
  return 0;
}
