import { gunzipSync } from "node:zlib";

/** Most that one archive may unpack to, or be packed from. */
export const MAX_UNPACKED = 32 * 1024 * 1024;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** @returns undefined when the bytes are broken or too many come out */
export function inflate(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch {
    return undefined;
  }
}
