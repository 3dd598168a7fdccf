/** A stretch of attacker text: as it is, or one character that must be seen instead of obeyed. */
export type Piece =
  | { readonly text: string }
  | { readonly mark: string; readonly name: string; readonly short?: string };

/** Text that acts on its surroundings or hides in them: controls, direction, joiners, tags, odd blanks. */
const ACTING = /(?![\t\n ])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}]/gu;

const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;
const CONTROL_NAMES =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );

function describe(character: string): Piece {
  const code = character.codePointAt(0) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code < 0x20)
    return { mark: String.fromCodePoint(CONTROL_PICTURES + code), name, short: CONTROL_NAMES[code] ?? name };
  if (code === DELETE) return { mark: "␡", name, short: "DEL" };
  return { mark: `⟪${name}⟫`, name };
}

/**
 * Splits text into what may be shown and what must be marked. Tab and line feed stay text: they are
 * shown by the style (`white-space: pre-wrap`) or become marks with `oneLine`.
 *
 * @returns pieces in order; their texts and marks together stand for every character of the input.
 */
export function piecesOf(text: string, oneLine = false): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  const put = (start: number, length: number, piece: Piece) => {
    if (start > from) pieces.push({ text: text.slice(from, start) });
    pieces.push(piece);
    from = start + length;
  };
  const acting = oneLine ? new RegExp(`${ACTING.source}|[\\t\\n]`, "gu") : ACTING;
  for (const hit of text.matchAll(acting)) put(hit.index, hit[0].length, describe(hit[0]));
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** One string with marks in place, for titles, labels and option texts that can hold no elements. */
export function plainMarks(text: string, limit = 200): string {
  const cut = cutAt(text, limit);
  const shown = piecesOf(cut, true)
    .map((piece) => ("text" in piece ? piece.text : piece.mark))
    .join("");
  return cut.length < text.length ? `${shown}…` : shown;
}

/** The first `limit` units, never half a surrogate pair. */
export function cutAt(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}

/** `http://ex.ample/x` → `hxxp://ex[.]ample/x`: nothing that a mail client or chat would make a link of. */
export function defang(text: string): string {
  return text
    .replaceAll(/\b(h)(tt)(ps?:\/\/)/gi, "$1xx$3")
    .replaceAll(/\b(f)(t)(ps?:\/\/)/gi, "$1x$3")
    .replaceAll(/(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}])/gu, "[.]");
}
