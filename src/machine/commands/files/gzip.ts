import { gzipSync } from "node:zlib";
import type { Program, ProgramContext } from "../command.ts";
import { eachOperand } from "../operands.ts";
import { inflate, isGzip } from "./gzip-data.ts";

interface Request {
  readonly unpack: boolean;
  readonly toOut: boolean;
  readonly keep: boolean;
}

async function gzip(context: ProgramContext): Promise<number> {
  const letters = new Set(
    context.args
      .filter((arg) => /^-\w/.test(arg))
      .map((arg) => arg.slice(1))
      .join(""),
  );
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  const tool = context.argv0.split("/").at(-1) ?? "gzip";
  const asked = (letter: string, long: string) => letters.has(letter) || context.args.includes(long);
  const request = {
    unpack: tool === "gunzip" || tool === "zcat" || asked("d", "--decompress"),
    toOut: tool === "zcat" || names.length === 0 || asked("c", "--stdout"),
    keep: letters.has("k"),
  };
  return eachOperand(names.length === 0 ? ["-"] : names, (name) => gzipOne(context, name, request));
}

async function gzipOne(context: ProgramContext, name: string, request: Request): Promise<number> {
  const { unpack } = request;
  const source = unpack && name !== "-" && context.stat(name) === undefined ? `${name}.gz` : name;
  const read =
    name === "-"
      ? { value: await context.stdin.bytes(), error: undefined }
      : context.attempt(() => context.fs.read(context.path(source)));
  if (read.error === "Is a directory") return context.fail(`gzip: ${source} is a directory -- ignored`, 2);
  if (read.error !== undefined) return context.fail(`gzip: ${source}: ${read.error}`);
  const result = unpack ? unpacked(read.value) : gzipSync(read.value);
  await context.tick();
  if (result === undefined) {
    const problem = read.value.length === 0 ? "unexpected end of file" : "not in gzip format";
    return context.fail(`\ngzip: ${name === "-" ? "stdin" : source}: ${problem}`);
  }
  if (!request.toOut) {
    const target = unpack ? source.replace(/\.(gz|tgz)$/, "") : `${source}.gz`;
    return replaceFile(context, { source, target, keep: request.keep }, result);
  }
  await context.out(result);
  return 0;
}

const unpacked = (bytes: Uint8Array) => (isGzip(bytes) ? inflate(bytes) : undefined);

async function replaceFile(
  context: ProgramContext,
  file: { readonly source: string; readonly target: string; readonly keep: boolean },
  bytes: Uint8Array,
): Promise<number> {
  if (file.source === file.target) return context.fail(`gzip: ${file.source}: unknown suffix -- ignored`, 2);
  const { error } = context.attempt(() => {
    context.fs.write(context.path(file.target), bytes);
    context.fs.closed(context.path(file.target));
    if (!file.keep) context.fs.unlink(context.path(file.source));
  });
  return error === undefined ? 0 : context.fail(`gzip: ${file.target}: ${error}`);
}

export const gzipPrograms: readonly Program[] = [{ names: ["gzip", "gunzip", "zcat"], run: gzip }];
