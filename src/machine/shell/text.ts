/**
 * Shell strings are Unicode text; a byte that is no part of valid UTF-8 becomes the lone surrogate
 * U+DC00 + byte, so that every sequence of bytes survives the way through variables and arguments.
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
// biome-ignore lint: lone surrogates are what is looked for
const escaped = /[\uDC80-\uDCFF]/;

export function encode(text: string): Uint8Array {
  if (text === "") return new Uint8Array(0);
  if (!escaped.test(text) || text.isWellFormed()) return encoder.encode(text);
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) out.push(code - 0xdc00);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

export function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLoosely(bytes);
  }
}

function decodeLoosely(bytes: Uint8Array): string {
  let out = "";
  let at = 0;
  while (at < bytes.length) {
    const length = validSequence(bytes, at);
    if (length === 0) {
      out += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    } else {
      let end = at + length;
      while (end < bytes.length) {
        const next = validSequence(bytes, end);
        if (next === 0 || end - at > 4096) break;
        end += next;
      }
      out += strict.decode(bytes.subarray(at, end));
      at = end;
    }
  }
  return out;
}

/** Length of the UTF-8 sequence that starts at `at`; 0 when there is none. */
function validSequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** One character for one byte: for escapes such as `\xff`, where the byte stands alone. */
export function byteCharacter(value: number): string {
  const byte = value & 0xff;
  return byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte);
}

/** Joins escapes that together form UTF-8 into the characters they mean. */
export function normalise(text: string): string {
  return escaped.test(text) ? decode(encode(text)) : text;
}
