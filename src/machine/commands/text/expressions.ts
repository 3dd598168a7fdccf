import { escapeRegExp } from "../../shell/pattern.ts";

const MAX_PATTERN = 2000;

const posixClasses: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9A-Fa-f",
  cntrl: "\\x00-\\x1f",
  print: " -~",
  graph: "!-~",
};

/** POSIX expressions as JavaScript ones. Throws with grep's message when they are none. */
export function translate(pattern: string, kind: "basic" | "extended" | "fixed" | "perl"): string {
  if (kind === "fixed") return escapeRegExp(pattern);
  if (pattern.length > MAX_PATTERN) throw new SyntaxError("Regular expression too big");
  let out = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    if (character === "[") {
      const end = bracketEnd(pattern, at);
      if (end < 0) throw new SyntaxError("Unmatched [, [^, [:, [., or [=");
      out += bracket(pattern.slice(at, end + 1), kind);
      at = end;
    } else if (character === "\\") {
      const next = pattern[++at];
      if (next === undefined) throw new SyntaxError("Trailing backslash");
      out += escaped(next, kind);
    } else
      out += plain(character, { kind, start: at === 0 || /[(|]$/.test(out), end: at === pattern.length - 1 });
  }
  if (kind !== "perl" && /\([^()]*[*+][^()]*\)[*+{]/.test(out))
    out = out.replace(/\(([^()]*[*+])\)([*+])/g, "(?:$1)?");
  return out;
}

function bracketEnd(pattern: string, start: number): number {
  let at = start + 1;
  if (pattern[at] === "^") at += 1;
  if (pattern[at] === "]") at += 1;
  while (at < pattern.length) {
    if (pattern[at] === "[" && pattern[at + 1] === ":") {
      const close = pattern.indexOf(":]", at);
      if (close < 0) return -1;
      at = close + 2;
    } else if (pattern[at] === "]") return at;
    else at += 1;
  }
  return -1;
}

function bracket(text: string, kind: string): string {
  if (kind === "perl")
    return text.replace(/\[:(\w+):\]/g, (_whole, name: string) => posixClasses[name] ?? "");
  const negated = text[1] === "^" ? "^" : "";
  let body = text.slice(1 + negated.length, -1);
  body = body.replace(/\[:(\w+):\]|[\\\]^[]/g, (whole: string, name: string | undefined) =>
    name === undefined ? `\\${whole}` : (posixClasses[name] ?? ""),
  );
  return `[${negated}${body}]`;
}

function escaped(next: string, kind: string): string {
  if (kind === "perl") return `\\${next}`;
  if (/[<>]/.test(next)) return "\\b";
  if (/[wWsSbB]/.test(next)) return `\\${next}`;
  if (/\d/.test(next)) return `\\${next}`;
  if (kind === "basic" && "(){}|+?".includes(next))
    return next === "(" || next === ")" || "{}|+?".includes(next) ? next : `\\${next}`;
  return /[A-Za-z]/.test(next) ? next : escapeRegExp(next);
}

function plain(
  character: string,
  where: { readonly kind: string; readonly start: boolean; readonly end: boolean },
): string {
  if (where.kind === "basic") {
    if ("(){}|+?".includes(character)) return `\\${character}`;
    if (character === "*" && where.start) return "\\*";
    if (character === "^" && !where.start) return "\\^";
    if (character === "$" && !where.end) return "\\$";
  }
  if (where.kind === "extended" && where.start && "*+?".includes(character)) return "";
  if (character === "/") return "\\/";
  return character;
}
