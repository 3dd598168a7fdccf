import { general } from "../../shell/printf.ts";
import type { Program, ProgramContext } from "../command.ts";
import { humanSize, quoteName } from "../format.ts";
import { inputs } from "../text/streams.ts";

function size(text: string): number {
  const match = /^(\d+)([cwbkKMGT]?)(B?)/.exec(text);
  const units: Readonly<Record<string, number>> = {
    c: 1,
    w: 2,
    b: 512,
    k: 1024,
    K: 1024,
    M: 1_048_576,
    G: 1_073_741_824,
    T: 1024 ** 4,
  };
  return Number(match?.[1] ?? 0) * (units[match?.[2] ?? ""] ?? 1);
}

const MAX_BLOCK = 64 * 1024 * 1024;

async function dd(context: ProgramContext): Promise<number> {
  const operands = new Map(
    context.args.map((arg) => [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] as const),
  );
  const bad = context.args.find(
    (arg) => !/^(if|of|bs|ibs|obs|count|skip|seek|conv|status|iflag|oflag|cbs)=/.test(arg),
  );
  if (bad !== undefined)
    return context.fail(
      `${context.argv0}: unrecognized operand ‘${bad}’\nTry '${context.argv0} --help' for more information.`,
    );
  const block = Math.min(size(operands.get("ibs") ?? operands.get("bs") ?? "512"), MAX_BLOCK) || 512;
  const limit = operands.has("count") ? size(operands.get("count") ?? "0") : Number.POSITIVE_INFINITY;
  const source = operands.get("if");
  const opened = context.attempt(() => (source === undefined ? context.stdin : context.open(source)));
  if (opened.error !== undefined)
    return context.fail(`${context.argv0}: failed to open ${quoteName(source ?? "")}: ${opened.error}`);
  const target = operands.get("of");
  const made =
    target === undefined || target === "/dev/null"
      ? { error: undefined }
      : context.attempt(() => {
          if ((operands.get("conv") ?? "").includes("notrunc") || operands.has("seek"))
            context.fs.append(context.path(target), new Uint8Array(0));
          else context.fs.write(context.path(target), new Uint8Array(0));
        });
  if (made.error !== undefined)
    return context.fail(`${context.argv0}: failed to open ${quoteName(target ?? "")}: ${made.error}`);
  const started = performance.now();
  const total = { full: 0, partial: 0, bytes: 0 };
  let skip = size(operands.get("skip") ?? "0") * block;
  let offset =
    size(operands.get("seek") ?? "0") * (size(operands.get("obs") ?? operands.get("bs") ?? "512") || 512);
  for (let blocks = 0; blocks < limit; blocks++) {
    const chunk = await readBlock(opened.value, block);
    if (chunk === undefined) break;
    if (skip > 0) {
      skip -= chunk.length;
      blocks -= 1;
      continue;
    }
    if (chunk.length === block) total.full += 1;
    else total.partial += 1;
    total.bytes += chunk.length;
    if (target === undefined) await context.out(chunk);
    else if (target !== "/dev/null") {
      const written = context.attempt(() => {
        context.fs.writeAt(context.path(target), offset, chunk);
      });
      if (written.error !== undefined) {
        await context.err(`${context.argv0}: error writing ${quoteName(target)}: ${written.error}\n`);
        await report(context, total, started);
        return 1;
      }
      offset += chunk.length;
    }
    await context.tick();
  }
  if (target !== undefined && target !== "/dev/null")
    context.attempt(() => {
      context.fs.closed(context.path(target));
    });
  const level = operands.get("status");
  if (level !== "none") await report(context, total, started, level === "noxfer");
  return 0;
}

async function readBlock(input: ProgramContext["stdin"], block: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let have = 0;
  while (have < block) {
    const chunk = await input.read(block - have);
    if (chunk === undefined) break;
    chunks.push(chunk);
    have += chunk.length;
    if (input.file?.kind === "pipe") break;
  }
  return chunks.length === 0 ? undefined : Buffer.concat(chunks);
}

async function report(
  context: ProgramContext,
  total: { full: number; partial: number; bytes: number },
  started: number,
  short = false,
): Promise<void> {
  const records = `${total.full}+${total.partial} records`;
  if (short || context.name === "busybox") {
    await context.err(`${records} in\n${records} out\n`);
    return;
  }
  const seconds = Math.max(
    (performance.now() - started) / 1000,
    0.00007 + Math.random() * 0.0002,
    total.bytes / 2_400_000_000,
  );
  const units = (base: number) =>
    total.bytes < base
      ? ""
      : base === 1000
        ? `${humanSize(total.bytes, 1000).replace(/(\D+)$/, " $1")}B`
        : `${humanSize(total.bytes).replace(/(\D+)$/, " $1")}iB`;
  const sizes = [units(1000), units(1024)].filter((text) => text !== "");
  const rate = humanSize(Math.round(total.bytes / seconds), 1000).replace(/([kMGT]?)$/, " $1B/s");
  const unit = total.bytes === 1 ? "byte" : "bytes";
  await context.err(
    `${records} in\n${records} out\n${total.bytes} ${unit}${sizes.length === 0 ? "" : ` (${sizes.join(", ")})`} copied, ${general(seconds, 6)} s, ${rate}\n`,
  );
}

async function od(context: ProgramContext): Promise<number> {
  const names: string[] = [];
  let kind = "o2";
  let address = "o";
  let limit = Number.POSITIVE_INFINITY;
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    if (/^-(c|b|x|d|o)$/.test(arg))
      kind = { c: "c", b: "o1", x: "x2", d: "u2", o: "o2" }[arg[1] ?? ""] ?? kind;
    else if (arg.startsWith("-t"))
      kind = (arg.length > 2 ? arg.slice(2) : (context.args[++at] ?? kind))
        .replace(/^x$/, "x4")
        .replace(/z$/, "");
    else if (arg.startsWith("-A")) address = arg.length > 2 ? arg.slice(2) : (context.args[++at] ?? address);
    else if (arg.startsWith("-N")) limit = Number(arg.length > 2 ? arg.slice(2) : context.args[++at]);
    else if (arg.startsWith("-An")) address = "n";
    else if (arg === "-v") continue;
    else names.push(arg);
  }
  let status = 0;
  const chunks: Uint8Array[] = [];
  for await (const { input } of inputs(context, names, () => (status = 1))) chunks.push(await input.bytes());
  const bytes = Buffer.concat(chunks).subarray(0, limit);
  const label = (at: number) =>
    address === "n"
      ? ""
      : at.toString({ o: 8, x: 16, d: 10 }[address] ?? 8).padStart(address === "x" ? 6 : 7, "0");
  let last = "";
  let starred = false;
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const text = odRow(row, kind);
    const whole = row.length === 16 && row.toString("hex") === last;
    last = row.toString("hex");
    if (whole) {
      if (!starred) await context.out("*\n");
      starred = true;
      continue;
    }
    starred = false;
    await context.out(`${label(at)}${text}\n`);
    await context.tick();
  }
  if (address !== "n") await context.out(`${label(bytes.length)}\n`);
  return status;
}

const names: Readonly<Record<number, string>> = {
  0: "\\0",
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
};

function odRow(row: Buffer, kind: string): string {
  if (kind === "c")
    return [...row]
      .map((byte) =>
        (
          names[byte] ??
          (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, "0"))
        ).padStart(4),
      )
      .join("");
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

async function hexdump(context: ProgramContext): Promise<number> {
  const canonical = context.args.some((arg) => /^-\w*C/.test(arg)) || context.argv0.endsWith("hd");
  const limitAt = context.args.indexOf("-n");
  const limit = limitAt < 0 ? Number.POSITIVE_INFINITY : Number(context.args[limitAt + 1]);
  let status = 0;
  const chunks: Uint8Array[] = [];
  const files = context.args.filter((arg, index) => !arg.startsWith("-") && index !== limitAt + 1);
  for await (const { input } of inputs(
    context,
    limitAt < 0 ? context.args.filter((arg) => !arg.startsWith("-")) : files,
    () => (status = 1),
  ))
    chunks.push(await input.bytes());
  const bytes = Buffer.concat(chunks).subarray(0, limit);
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const cells = [...row].map((byte) => byte.toString(16).padStart(2, "0"));
    if (canonical) {
      const text = [...row]
        .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."))
        .join("");
      await context.out(
        `${at.toString(16).padStart(8, "0")}  ${cells.slice(0, 8).join(" ").padEnd(23)}  ${cells.slice(8).join(" ").padEnd(23)}  |${text}|\n`,
      );
    } else
      await context.out(
        `${at.toString(16).padStart(7, "0")}${odRow(row, "x2").padEnd(40)}\n`.replace(
          / +\n$/,
          (spaces) => spaces,
        ),
      );
    await context.tick();
  }
  if (bytes.length > 0) await context.out(`${bytes.length.toString(16).padStart(canonical ? 8 : 7, "0")}\n`);
  return status;
}

async function xxd(context: ProgramContext): Promise<number> {
  const plain = context.args.includes("-p");
  let status = 0;
  for await (const { input } of inputs(
    context,
    context.args.filter((arg) => !arg.startsWith("-")).slice(0, 1),
    () => (status = 1),
  )) {
    const bytes = Buffer.from(await input.bytes());
    if (context.args.includes("-r")) {
      await context.out(Buffer.from(bytes.toString("latin1").replace(/[^0-9a-fA-F]/g, ""), "hex"));
      continue;
    }
    if (plain)
      await context.out(
        bytes
          .toString("hex")
          .replace(/(.{60})/g, "$1\n")
          .replace(/\n?$/, "\n"),
      );
    for (let at = 0; !plain && at < bytes.length; at += 16) {
      const row = bytes.subarray(at, at + 16);
      const hex = row
        .toString("hex")
        .replace(/(.{4})/g, "$1 ")
        .trim();
      const text = [...row]
        .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."))
        .join("");
      await context.out(`${at.toString(16).padStart(8, "0")}: ${hex.padEnd(39)}  ${text}\n`);
    }
  }
  return status;
}

async function base64(context: ProgramContext): Promise<number> {
  const decodes = context.args.some((arg) => /^(-\w*d\w*|--decode)$/.test(arg));
  const wrapAt = context.args.findIndex((arg) => arg.startsWith("-w"));
  const wrap =
    wrapAt < 0 ? 76 : Number((context.args[wrapAt] ?? "").slice(2) || context.args[wrapAt + 1] || 76);
  const bad = context.args.find(
    (arg) => arg.startsWith("--") && !/^--(decode|wrap=\d+|ignore-garbage|help|version)$/.test(arg),
  );
  if (bad !== undefined)
    return context.fail(
      `${context.argv0}: unrecognized option '${bad}'\nTry '${context.argv0} --help' for more information.`,
    );
  let status = 0;
  for await (const { input } of inputs(
    context,
    context.args.filter(
      (arg, index) =>
        !/^-./.test(arg) && !(wrapAt >= 0 && context.args[wrapAt] === "-w" && index === wrapAt + 1),
    ),
    () => (status = 1),
  )) {
    const bytes = Buffer.from(await input.bytes());
    if (!decodes) {
      const text = bytes.toString("base64");
      await context.out(
        wrap > 0
          ? text.replace(new RegExp(`(.{${wrap}})(?=.)`, "g"), "$1\n") + (text === "" ? "" : "\n")
          : text,
      );
      continue;
    }
    const text = bytes.toString("latin1").replace(/\n/g, "");
    await context.out(Buffer.from(text.replace(/[^A-Za-z0-9+/=].*$/s, ""), "base64"));
    if (/[^A-Za-z0-9+/=]/.test(text) || text.replace(/=+$/, "").length % 4 === 1)
      status = await context.fail(`${context.argv0}: invalid input`);
  }
  return status;
}

async function strings(context: ProgramContext): Promise<number> {
  let status = 0;
  const minimum = Number(/-n ?(\d+)/.exec(context.args.join(" "))?.[1] ?? 4);
  for await (const { input } of inputs(
    context,
    context.args.filter((arg) => !/^(-|\d+$)/.test(arg)),
    () => (status = 1),
  )) {
    const text = Buffer.from(await input.bytes()).toString("latin1");
    for (const match of text.matchAll(new RegExp(`[\\t -~]{${Math.max(1, Math.min(minimum, 1000))},}`, "g")))
      await context.out(`${match[0]}\n`);
  }
  return status;
}

export const blocks: readonly Program[] = [
  { names: ["dd"], run: dd },
  { names: ["od"], run: od },
  { names: ["hexdump", "hd"], run: hexdump },
  { names: ["xxd"], run: xxd },
  { names: ["base64"], run: base64 },
  { names: ["strings", "x86_64-linux-gnu-strings"], run: strings },
];
