import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { ProblemError } from "../errors.ts";

/** Where a page begins: the sort key of the row beside it, and which way to read. */
interface PageStart {
  readonly key: readonly (string | number)[];
  readonly backwards: boolean;
  /** Begin of the time range, so that `since` means the same on every page. */
  readonly startUs: number | null;
}

export interface Cursors {
  encode(start: PageStart, filter: unknown): string;
  /** @throws {ProblemError} bad_cursor, when it was changed or made for another filter */
  decode(cursor: string, filter: unknown): PageStart;
}

const SEAL_BYTES = 16;
const content = z.tuple([
  z.array(z.union([z.string().max(512), z.number()])).max(4),
  z.union([z.literal(0), z.literal(1)]),
  z.int().nullable(),
  z.string(),
]);

const filterHash = (filter: unknown): string =>
  createHash("sha256").update(JSON.stringify(filter)).digest("base64url").slice(0, 16);

/** @param key derived for this purpose alone */
export function createCursors(key: Uint8Array): Cursors {
  const seal = (body: Uint8Array): Buffer =>
    createHmac("sha256", key).update(body).digest().subarray(0, SEAL_BYTES);
  const refuse = (): ProblemError =>
    new ProblemError("bad_cursor", "Start again without a cursor; it was changed or made for another query.");
  return {
    encode({ key: sortKey, backwards, startUs }, filter) {
      const body = Buffer.from(JSON.stringify([sortKey, backwards ? 1 : 0, startUs, filterHash(filter)]));
      return Buffer.concat([seal(body), body]).toString("base64url");
    },
    decode(cursor, filter) {
      const bytes = Buffer.from(cursor, "base64url");
      const body = bytes.subarray(SEAL_BYTES);
      if (bytes.toString("base64url") !== cursor || body.length === 0) throw refuse();
      if (!timingSafeEqual(bytes.subarray(0, SEAL_BYTES), seal(body))) throw refuse();
      const [sortKey, backwards, startUs, hash] = content.parse(JSON.parse(body.toString()));
      if (hash !== filterHash(filter)) throw refuse();
      return { key: sortKey, backwards: backwards === 1, startUs };
    },
  };
}
