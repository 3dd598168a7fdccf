import type { Program, ProgramContext } from "../command.ts";
import { inputs } from "../text/streams.ts";

/** All that the named files hold, one behind the other. */
async function readAll(
  context: ProgramContext,
  names: readonly string[],
): Promise<{ readonly bytes: Buffer; readonly status: number }> {
  let status = 0;
  const chunks: Uint8Array[] = [];
  for await (const { input } of inputs(context, names, () => (status = 1))) chunks.push(await input.bytes());
  return { bytes: Buffer.concat(chunks), status };
}

const kindOptions: ReadonlyMap<string, string> = new Map([
  ["-c", "c"],
  ["-b", "o1"],
  ["-x", "x2"],
  ["-d", "u2"],
  ["-o", "o2"],
]);
const radixes: ReadonlyMap<string, number> = new Map([
  ["o", 8],
  ["x", 16],
  ["d", 10],
]);

interface Dump {
  readonly names: string[];
  kind: string;
  address: string;
  limit: number;
}

function dumpOf(args: readonly string[]): Dump {
  const dump: Dump = { names: [], kind: "o2", address: "o", limit: Number.POSITIVE_INFINITY };
  const set: Readonly<Record<string, (value: string | undefined) => void>> = {
    t: (value = dump.kind) => {
      dump.kind = value.replace(/^x$/, "x4").replace(/z$/, "");
    },
    A: (value = dump.address) => {
      dump.address = value;
    },
    N: (value) => {
      dump.limit = Number(value);
    },
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const kind = kindOptions.get(arg);
    const letter = /^-([tAN])/.exec(arg)?.[1];
    if (kind !== undefined) dump.kind = kind;
    else if (letter !== undefined) set[letter]?.(arg.length > 2 ? arg.slice(2) : args[++at]);
    else if (arg !== "-v") dump.names.push(arg);
  }
  return dump;
}

async function od(context: ProgramContext): Promise<number> {
  const { names, kind, address, limit } = dumpOf(context.args);
  const read = await readAll(context, names);
  const bytes = read.bytes.subarray(0, limit);
  const radix = radixes.get(address) ?? 8;
  const label = (at: number) =>
    address === "n" ? "" : at.toString(radix).padStart(address === "x" ? 6 : 7, "0");
  let last: Buffer | undefined;
  let starred = false;
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const repeated = last?.equals(row) === true;
    last = row;
    if (!repeated) await context.out(`${label(at)}${odRow(row, kind)}\n`);
    else if (!starred) await context.out("*\n");
    starred = repeated;
    await context.tick();
  }
  if (address !== "n") await context.out(`${label(bytes.length)}\n`);
  return read.status;
}

const escapes: Readonly<Record<number, string>> = {
  0: "\\0",
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
};

function characters(row: Buffer): string {
  const shown = (byte: number) =>
    escapes[byte] ??
    (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, "0"));
  return [...row].map((byte) => shown(byte).padStart(4)).join("");
}

function odRow(row: Buffer, kind: string): string {
  if (kind === "c") return characters(row);
  const width = Number(/\d/.exec(kind)?.[0] ?? 2);
  const base = { x: 16, o: 8, u: 10, d: 10 }[kind[0] ?? "o"] ?? 8;
  const digits =
    { 16: width * 2, 8: [0, 3, 6, 0, 11][width] ?? 6, 10: [0, 3, 5, 0, 10][width] ?? 5 }[base] ?? 6;
  let out = "";
  for (let at = 0; at < row.length; at += width) {
    const value = row.subarray(at, at + width).reduceRight((sum, byte) => sum * 256 + byte, 0);
    out += ` ${base === 10 ? String(value).padStart(digits) : value.toString(base).padStart(digits, "0")}`;
  }
  return out;
}

const printable = (row: Buffer) =>
  [...row].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");

/** A row as `hexdump -C` shows it. */
function canonicalRow(row: Buffer): string {
  const cells = [...row].map((byte) => byte.toString(16).padStart(2, "0"));
  const half = (from: number, to?: number) => cells.slice(from, to).join(" ").padEnd(23);
  return `  ${half(0, 8)}  ${half(8)}  |${printable(row)}|`;
}

async function hexdump(context: ProgramContext): Promise<number> {
  const canonical = context.args.some((arg) => /^-\w*C/.test(arg)) || context.argv0.endsWith("hd");
  const limitAt = context.args.indexOf("-n");
  const valueAt = limitAt < 0 ? -1 : limitAt + 1;
  const limit = limitAt < 0 ? Number.POSITIVE_INFINITY : Number(context.args[valueAt]);
  const names = context.args.filter((arg, index) => !arg.startsWith("-") && index !== valueAt);
  const read = await readAll(context, names);
  const bytes = read.bytes.subarray(0, limit);
  const label = (at: number) => at.toString(16).padStart(canonical ? 8 : 7, "0");
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    await context.out(`${label(at)}${canonical ? canonicalRow(row) : odRow(row, "x2").padEnd(40)}\n`);
    await context.tick();
  }
  if (bytes.length > 0) await context.out(`${label(bytes.length)}\n`);
  return read.status;
}

const unhex = (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace(/[^0-9a-fA-F]/g, ""), "hex");
const plainHex = (bytes: Buffer) =>
  bytes
    .toString("hex")
    .replace(/(.{60})/g, "$1\n")
    .replace(/\n?$/, "\n");

async function xxd(context: ProgramContext): Promise<number> {
  let status = 0;
  const names = context.args.filter((arg) => !arg.startsWith("-")).slice(0, 1);
  for await (const { input } of inputs(context, names, () => (status = 1))) {
    const bytes = Buffer.from(await input.bytes());
    if (context.args.includes("-r")) await context.out(unhex(bytes));
    else if (context.args.includes("-p")) await context.out(plainHex(bytes));
    else await xxdRows(context, bytes);
  }
  return status;
}

async function xxdRows(context: ProgramContext, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = row
      .toString("hex")
      .replace(/(.{4})/g, "$1 ")
      .trim();
    await context.out(`${at.toString(16).padStart(8, "0")}: ${hex.padEnd(39)}  ${printable(row)}\n`);
    await context.tick();
  }
}

export const dumpPrograms: readonly Program[] = [
  { names: ["od"], run: od },
  { names: ["hexdump", "hd"], run: hexdump },
  { names: ["xxd"], run: xxd },
];
