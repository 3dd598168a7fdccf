/** Words as SQLite's `unicode61` cuts them, so that a scan and the full-text index agree. */

const WORDS = /[\p{L}\p{N}\p{Co}]+/gu;
const MARKS = /\p{Mn}/gu;

export const words = (text: string): readonly string[] =>
  text.normalize("NFD").replaceAll(MARKS, "").toLowerCase().match(WORDS) ?? [];

/** A phrase for FTS5's MATCH; quotes inside cannot end it because it holds words only. */
export const matchPhrase = (text: string, prefix: boolean): string =>
  `"${words(text).join(" ")}"${prefix ? " *" : ""}`;

/** Whether the words of a phrase stand in a row in a text; the last may be the begin of a word. */
export function hasPhrase(textWords: readonly string[], phrase: readonly string[], prefix: boolean): boolean {
  if (phrase.length === 0) return true;
  const last = phrase.length - 1;
  for (let at = 0; at + last < textWords.length; at += 1) {
    let i = 0;
    while (i < last && textWords[at + i] === phrase[i]) i += 1;
    if (i < last) continue;
    const word = textWords[at + last] ?? "";
    const wanted = phrase[last] ?? "";
    if (prefix ? word.startsWith(wanted) : word === wanted) return true;
  }
  return false;
}
