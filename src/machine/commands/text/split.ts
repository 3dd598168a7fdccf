import { decode, encode } from "../../shell/text.ts";
import type { ProgramContext } from "../command.ts";
import { type Options, options } from "../options.ts";

/** Pieces that one call writes at most: two letters of a name. */
const MAX_PIECES = 676;
const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 512,
  K: 1024,
  k: 1024,
  KB: 1000,
  M: 1_048_576,
  m: 1_048_576,
  MB: 1_000_000,
  G: 1_073_741_824,
};

export async function split(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "a:b:C:dl:n:e",
    long: {
      "lines=": "l",
      "bytes=": "b",
      "suffix-length=": "a",
      "numeric-suffixes?": "d",
      "additional-suffix=": "suffix",
      "number=": "n",
    },
  });
  if (typeof parsed === "number") return parsed;
  const size = sizeOf(parsed);
  if (typeof size === "string") return context.fail(`${context.argv0}: ${size}`);
  const [name = "-"] = parsed.rest;
  const opened = context.attempt(() => context.open(name));
  if (opened.error !== undefined)
    return context.fail(`${context.argv0}: cannot open '${name}' for reading: ${opened.error}`);
  const bytes = await opened.value.bytes();
  const pieces = parsed.has("b") ? bytePieces(bytes, size) : linePieces(bytes, size);
  for (const [index, piece] of pieces.entries()) {
    if (index >= MAX_PIECES) return context.fail(`${context.argv0}: output file suffixes exhausted`);
    const target = nameOf(parsed, index);
    const written = context.attempt(() => {
      context.fs.write(context.path(target), piece);
      context.fs.closed(context.path(target));
    });
    if (written.error !== undefined) return context.fail(`${context.argv0}: ${target}: ${written.error}`);
    await context.tick();
  }
  return 0;
}

/** @returns how many bytes or lines a piece has, or the complaint */
function sizeOf(parsed: Options): number | string {
  const given = parsed.value("b") ?? parsed.value("l") ?? "1000";
  const match = /^(\d+)(\w*)$/.exec(given);
  const size = Number(match?.[1]) * (units[match?.[2] ?? ""] ?? Number.NaN);
  return size > 0 ? size : `invalid number of ${parsed.has("b") ? "bytes" : "lines"}: ‘${given}’`;
}

function nameOf(parsed: Options, index: number): string {
  const length = Number(parsed.value("a")) || 2;
  const letters = parsed.has("d") ? String(index).padStart(length, "0") : lettersOf(index, length);
  return `${parsed.rest[1] ?? "x"}${letters}${parsed.value("suffix") ?? ""}`;
}

function lettersOf(index: number, length: number): string {
  let text = "";
  for (let rest = index; text.length < length; rest = Math.floor(rest / 26))
    text = String.fromCharCode(97 + (rest % 26)) + text;
  return text;
}

function bytePieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length && pieces.length <= MAX_PIECES; at += size)
    pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function linePieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const lines = decode(bytes).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < lines.length && pieces.length <= MAX_PIECES; at += size)
    pieces.push(encode(lines.slice(at, at + size).join("")));
  return pieces;
}
