import { createHash } from "node:crypto";
import * as z from "zod";
import { cutToBytes, type FieldValue } from "#events/encode.ts";
import type { EventCatalogue } from "../contract.ts";

function maximumOf(schema: z.core.$ZodType | undefined): number | undefined {
  const inner = schema instanceof z.ZodOptional ? schema.def.innerType : schema;
  return inner instanceof z.ZodString ? (inner.maxLength ?? undefined) : undefined;
}

/** Event type → field → its own maximum: what its schema says, if that is below the 8 KiB of every value. */
export type Maxima = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function maximaOf(events: EventCatalogue): Maxima {
  const all = new Map<string, Map<string, number>>();
  for (const [type, schema] of Object.entries(events)) {
    const fields = new Map<string, number>();
    for (const [key, field] of Object.entries(schema.shape)) {
      const max = maximumOf(field);
      if (max !== undefined) fields.set(key, max);
    }
    if (fields.size > 0) all.set(type, fields);
  }
  return all;
}

/** Cuts values over their own maximum on a character border and adds the companions of `docs/records.md`. */
export function cutToMaxima(
  fields: Readonly<Record<string, FieldValue>>,
  maximum: ReadonlyMap<string, number> | undefined,
): Readonly<Record<string, FieldValue>> {
  if (maximum === undefined) return fields;
  let out: Record<string, FieldValue> | undefined;
  for (const [key, max] of maximum) {
    const value = fields[key];
    if (typeof value !== "string" || value.length * 3 <= max || Buffer.byteLength(value) <= max) continue;
    out ??= { ...fields };
    out[key] = cutToBytes(value, max);
    out[`${key}_truncated`] = true;
    out[`${key}_bytes`] = Buffer.byteLength(value);
    out[`${key}_sha256`] = createHash("sha256").update(value).digest("hex");
  }
  return out ?? fields;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of a peer as text; what is no UTF-8 shows U+FFFD and is kept whole in `base64`. */
export function textOf(bytes: Uint8Array): { readonly text: string; readonly base64?: string } {
  try {
    return { text: strict.decode(bytes) };
  } catch {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { text: buffer.toString("utf8"), base64: buffer.toString("base64") };
  }
}

/** At most 512 bytes for a `…_b64` preview. */
export const preview = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 512)).toString("base64");
