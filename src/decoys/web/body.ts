import type { ByteReader } from "./byte-reader.ts";
import type { BodyProblem } from "./contract.ts";
import { headerOf, headersOf, type RequestHead } from "./request.ts";

export interface Body {
  readonly bytes: Buffer;
  readonly problem?: BodyProblem;
  /** The client stopped before its declared end. */
  readonly cut: boolean;
}

/** Bytes of a chunk's size line with extensions, and of one trailer line. */
const CHUNK_LINE = 4_096;
const TRAILERS = 64;

const none: Body = { bytes: Buffer.alloc(0), cut: false };

export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "chunked" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "problem"; readonly problem: BodyProblem };

/** What a body is framed by, judged by the head alone; a declared length is checked before memory is taken. */
export function framing(head: RequestHead, limit: number): Framing {
  const codings = headerOf(head, "transfer-encoding");
  const lengths = headersOf(head, "content-length");
  if (codings !== undefined && head.version !== "1.0") {
    if (codings.trim().toLowerCase() !== "chunked") return { kind: "problem", problem: "unknown_coding" };
    return { kind: "chunked" };
  }
  if (lengths.length === 0) return { kind: "none" };
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] ?? ""))
    return { kind: "problem", problem: "bad_length" };
  const length = Number(lengths[0]);
  return length > limit ? { kind: "problem", problem: "too_large" } : { kind: "length", length };
}

/** Both framings in one head: the seed of request smuggling. */
export const isAmbiguous = (head: RequestHead): boolean =>
  headerOf(head, "transfer-encoding") !== undefined && headerOf(head, "content-length") !== undefined;

/** Reads a framed body of at most `limit` bytes. */
export async function readBody(reader: ByteReader, head: RequestHead, limit: number): Promise<Body> {
  const frame = framing(head, limit);
  if (frame.kind === "none") return none;
  if (frame.kind === "problem") return { ...none, problem: frame.problem };
  if (frame.kind === "chunked") return readChunks(reader, limit);
  const bytes = await reader.exactly(frame.length);
  return { bytes, cut: bytes.length < frame.length };
}

async function readChunks(reader: ByteReader, limit: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let total = 0;
  const so = (more: Partial<Body>): Body => ({ bytes: Buffer.concat(chunks, total), cut: false, ...more });
  for (;;) {
    const line = await reader.line(CHUNK_LINE);
    if (line === "end") return so({ cut: true });
    const size =
      line === "too_long" ? null : /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line.toString("latin1"));
    if (size === null) return so({ problem: "bad_chunk" });
    const length = Number.parseInt(size[1] ?? "0", 16);
    if (length === 0) break;
    if (total + length > limit) return so({ problem: "too_large" });
    const chunk = await reader.exactly(length);
    chunks.push(chunk);
    total += chunk.length;
    if (chunk.length < length) return so({ cut: true });
    const end = await reader.line(2);
    if (end === "end") return so({ cut: true });
    if (end === "too_long" || end.length > 0) return so({ problem: "bad_chunk" });
  }
  return so(await endOfChunks(reader));
}

/** Trailers and the empty line behind them. */
async function endOfChunks(reader: ByteReader): Promise<Partial<Body>> {
  for (let n = 0; n < TRAILERS; n += 1) {
    const line = await reader.line(CHUNK_LINE);
    if (line === "end") return { cut: true };
    if (line === "too_long") break;
    if (line.length === 0) return {};
  }
  return { problem: "bad_chunk" };
}
