const ESC = "\x1b";
const BEL = "\x07";
const escapeSequence = new RegExp(`${ESC}(?:\\[[0-9;?]*[A-Za-z]|\\][^${BEL}]*${BEL})`, "g");

/** Columns that a text takes on a terminal. Escape sequences take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(escapeSequence, "")) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 32 || (code >= 0x300 && code < 0x370)) continue;
    width += isWide(code) ? 2 : 1;
  }
  return width;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff)
  );
}
