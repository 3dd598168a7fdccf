import { general } from "../../shell/printf.ts";
import type { Program, ProgramContext } from "../command.ts";
import { humanSize, quoteName } from "../format.ts";
import { curly, hint } from "../operands.ts";

const MAX_BLOCK = 64 * 1024 * 1024;
const operandPattern = /^(if|of|bs|ibs|obs|count|skip|seek|conv|status|iflag|oflag|cbs)=/;

/** Bytes of `4k`, `1M`, `2b`. */
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

interface Copying {
  readonly source: string | undefined;
  readonly target: string | undefined;
  readonly block: number;
  /** Most blocks to copy. */
  readonly limit: number;
  /** Bytes passed over at the start of the input. */
  readonly skip: number;
  /** Byte of the output where writing starts. */
  readonly seek: number;
  readonly keep: boolean;
  readonly status: string | undefined;
}

interface Total {
  full: number;
  partial: number;
  bytes: number;
}

/** Where blocks go. */
interface Sink {
  /** @returns what went wrong */
  write(chunk: Uint8Array): Promise<string | undefined>;
  close(): void;
}

async function dd(context: ProgramContext): Promise<number> {
  const bad = context.args.find((arg) => !operandPattern.test(arg));
  if (bad !== undefined)
    return context.fail(`${context.argv0}: unrecognized operand ${curly(bad)}${hint(context)}`);
  const copying = copyingOf(context.args);
  const { source, target, status } = copying;
  const input = context.attempt(() => (source === undefined ? context.stdin : context.open(source)));
  if (input.error !== undefined)
    return context.fail(`${context.argv0}: failed to open ${quoteName(source ?? "")}: ${input.error}`);
  const sink = openSink(context, copying);
  if ("error" in sink)
    return context.fail(`${context.argv0}: failed to open ${quoteName(target ?? "")}: ${sink.error}`);
  const started = performance.now();
  const total = { full: 0, partial: 0, bytes: 0 };
  const error = await copyBlocks(context, { input: input.value, sink, copying, total });
  if (error === undefined) sink.close();
  else await context.err(`${context.argv0}: error writing ${quoteName(target ?? "")}: ${error}\n`);
  if (error !== undefined || status !== "none")
    await report(context, total, started, error === undefined && status === "noxfer");
  return error === undefined ? 0 : 1;
}

function copyingOf(args: readonly string[]): Copying {
  const operands = new Map(
    args.map((arg) => [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] as const),
  );
  const blockOf = (key: string) => size(operands.get(key) ?? operands.get("bs") ?? "512");
  const block = Math.min(blockOf("ibs"), MAX_BLOCK) || 512;
  const count = operands.get("count");
  return {
    source: operands.get("if"),
    target: operands.get("of"),
    block,
    limit: count === undefined ? Number.POSITIVE_INFINITY : size(count),
    skip: size(operands.get("skip") ?? "0") * block,
    seek: size(operands.get("seek") ?? "0") * (blockOf("obs") || 512),
    keep: operands.get("conv")?.includes("notrunc") === true || operands.has("seek"),
    status: operands.get("status"),
  };
}

function openSink(context: ProgramContext, copying: Copying): Sink | { readonly error: string } {
  const { target } = copying;
  if (target === undefined || target === "/dev/null")
    return {
      write: async (chunk) => {
        if (target === undefined) await context.out(chunk);
        return undefined;
      },
      close: () => {},
    };
  const path = context.path(target);
  const { error } = context.attempt(() => {
    if (copying.keep) context.fs.append(path, new Uint8Array(0));
    else context.fs.write(path, new Uint8Array(0));
  });
  if (error !== undefined) return { error };
  let offset = copying.seek;
  return {
    write: async (chunk) => {
      const written = context.attempt(() => {
        context.fs.writeAt(path, offset, chunk);
      });
      offset += chunk.length;
      return written.error;
    },
    close: () => {
      context.attempt(() => {
        context.fs.closed(path);
      });
    },
  };
}

/** Copies and counts. @returns what went wrong with writing */
async function copyBlocks(
  context: ProgramContext,
  work: {
    readonly input: ProgramContext["stdin"];
    readonly sink: Sink;
    readonly copying: Copying;
    readonly total: Total;
  },
): Promise<string | undefined> {
  const { copying, total } = work;
  let { skip } = copying;
  for (let blocks = 0; blocks < copying.limit; ) {
    const chunk = await readBlock(work.input, copying.block);
    if (chunk === undefined) break;
    if (skip > 0) {
      skip -= chunk.length;
      continue;
    }
    blocks += 1;
    total[chunk.length === copying.block ? "full" : "partial"] += 1;
    total.bytes += chunk.length;
    const error = await work.sink.write(chunk);
    if (error !== undefined) return error;
    await context.tick();
  }
  return undefined;
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

async function report(context: ProgramContext, total: Total, started: number, short: boolean): Promise<void> {
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

export const ddPrograms: readonly Program[] = [{ names: ["dd"], run: dd }];
