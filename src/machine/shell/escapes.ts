import { byteCharacter, normalise } from "./text.ts";

const simple: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** `echo -e`, `%b`: `\0nnn`, `\xHH`, `\c` ends the output. */
export function unescapeEcho(
  text: string,
  options: { readonly hex: boolean },
): { readonly text: string; readonly end: boolean } {
  let end = false;
  const out = text.replace(
    /\\(c[^]*|0[0-7]{0,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[abeEfnrtv\\])/g,
    (whole: string, escape: string) => {
      if (escape.startsWith("c")) {
        end = true;
        return "";
      }
      if (!options.hex && /^[xuUeE]/.test(escape)) return whole;
      return escapeValue(escape) ?? whole;
    },
  );
  return { text: normalise(out), end };
}

function escapeValue(escape: string): string | undefined {
  const named = simple[escape];
  if (named !== undefined) return named;
  const first = escape[0] ?? "";
  if (first === "x") return byteCharacter(Number.parseInt(escape.slice(1), 16));
  if (first === "u" || first === "U") {
    const code = Number.parseInt(escape.slice(1), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  }
  return /^[0-7]/.test(first) ? byteCharacter(Number.parseInt(escape, 8)) : undefined;
}

/** The format string of `printf` and the text of `$'…'`: `\nnn` without a leading zero too. */
export function unescapeAnsi(text: string): string {
  const out = text.replace(
    /\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|c[^]|["'?]|[abeEfnrtv\\])/g,
    (whole: string, escape: string) => {
      if (/^["'?]$/.test(escape)) return escape;
      if (escape.startsWith("c") && escape.length === 2)
        return String.fromCharCode(escape.charCodeAt(1) & 0x1f);
      return escapeValue(escape) ?? whole;
    },
  );
  return normalise(out);
}
