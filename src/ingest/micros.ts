import { RecordTimeError } from "./errors.ts";

const SECOND = 19;
let secondText = "";
let secondUs = 0;

/**
 * RFC 3339 UTC text with a fraction (`2026-07-19T14:22:31.250991873Z`) to microseconds since 1970. Journals rise in
 * time, so the second of the last call is kept.
 *
 * @throws {RecordTimeError}
 */
export function micros(text: string): number {
  const second = text.slice(0, SECOND);
  if (second !== secondText) {
    const ms = Date.parse(`${second}Z`);
    if (Number.isNaN(ms)) throw new RecordTimeError(`not a time: ${text.slice(0, 40)}`);
    secondText = second;
    secondUs = ms * 1000;
  }
  const fraction = Number(
    text
      .slice(SECOND + 1, -1)
      .padEnd(6, "0")
      .slice(0, 6),
  );
  if (text[text.length - 1] !== "Z" || !Number.isInteger(fraction)) {
    throw new RecordTimeError(`not a time: ${text.slice(0, 40)}`);
  }
  return secondUs + fraction;
}
