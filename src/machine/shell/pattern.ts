/** Shell patterns as regular expressions; a text between `\` escapes is literal. */

const classes: Readonly<Record<string, string>> = {
  alnum: "a-zA-Z0-9",
  alpha: "a-zA-Z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  word: "a-zA-Z0-9_",
  xdigit: "0-9a-fA-F",
};

export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]()|!@+^-]/g, "\\$&");
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

export function hasPattern(pattern: string): boolean {
  return /(^|[^\\])(\\\\)*([*?]|\[.*\]|[@!+]\()/s.test(pattern);
}

interface Options {
  /** `*` and `?` do not match a slash: file names. */
  readonly path?: boolean;
  readonly lazy?: boolean;
  readonly insensitive?: boolean;
}

/** Longest pattern that is compiled; longer ones match literally. */
const MAX_PATTERN = 2048;
/** Stars in a regular expression multiply its time by the length of the text. */
const MAX_STARS = 3;

/** @returns source of a regular expression without anchors */
export function patternSource(pattern: string, options: Options = {}): string {
  const merged = pattern.replace(/\*{2,}/g, "*");
  const stars = merged.split("*").length - 1;
  if (merged.length > MAX_PATTERN || stars > MAX_STARS) return escapeRegExp(pattern);
  return new Translator(merged, options).all();
}

/** `star`, one character of a class, or `=` and a literal character. */
type Token = RegExp | string;

/** True when the whole text matches. Time grows with the product of both lengths, never worse. */
export function matches(pattern: string, text: string, insensitive = false): boolean {
  if (pattern.length > MAX_PATTERN) return pattern === text;
  const subject = insensitive ? text.toLowerCase() : text;
  const source = insensitive ? pattern.toLowerCase() : pattern;
  if (/[?*+@!]\(/.test(source)) return extended(source, subject);
  return matchTokens(new Translator(source, {}).tokens(), Array.from(subject));
}

function extended(pattern: string, text: string): boolean {
  return text.length <= 512 && new RegExp(`^(?:${patternSource(pattern)})$`, "su").test(text);
}

function matchTokens(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < text.length) {
    const want = tokens[token];
    if (want === "star") {
      starToken = token;
      starAt = at;
      token += 1;
    } else if (want !== undefined && one(want, text[at] ?? "")) {
      token += 1;
      at += 1;
    } else if (starToken >= 0) {
      token = starToken + 1;
      starAt += 1;
      at = starAt;
    } else return false;
  }
  while (tokens[token] === "star") token += 1;
  return token === tokens.length;
}

function one(want: RegExp | string, character: string): boolean {
  return typeof want === "string" ? want.slice(1) === character : want.test(character);
}

class Translator {
  readonly #text: string;
  readonly #any: string;
  readonly #star: string;
  #at = 0;

  constructor(text: string, options: Options) {
    this.#text = text;
    this.#any = options.path === true ? "[^/]" : "[^]";
    this.#star = `${this.#any}*${options.lazy === true ? "?" : ""}`;
  }

  all(): string {
    let out = "";
    while (this.#at < this.#text.length) out += this.#next();
    return out;
  }

  /** Without groups: each element takes one character or is a star. Literals carry a leading `=`. */
  tokens(): Token[] {
    const out: Token[] = [];
    while (this.#at < this.#text.length) {
      const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
      if (character === "*") {
        this.#at += 1;
        if (out.at(-1) !== "star") out.push("star");
      } else if ("?[\\".includes(character)) out.push(new RegExp(`^${this.#next()}$`, "su"));
      else {
        this.#at += character.length;
        out.push(`=${character}`);
      }
    }
    return out;
  }

  #next(): string {
    const text = this.#text;
    const code = text.codePointAt(this.#at) ?? 0;
    const character = String.fromCodePoint(code);
    if ("?*+@!".includes(character) && text[this.#at + 1] === "(") {
      const group = this.#group(character);
      if (group !== undefined) return group;
    }
    this.#at += character.length;
    if (character === "*") return this.#star;
    if (character === "?") return this.#any;
    if (character === "[") return this.#bracket();
    if (character === "\\" && this.#at < text.length) {
      const next = String.fromCodePoint(text.codePointAt(this.#at) ?? 0);
      this.#at += next.length;
      return escapeRegExp(next);
    }
    return escapeRegExp(character);
  }

  #group(kind: string): string | undefined {
    const alternatives: string[] = [];
    let depth = 0;
    let start = this.#at + 2;
    for (let at = start; at < this.#text.length; at++) {
      const character = this.#text[at];
      if (character === "\\") at += 1;
      else if (character === "(") depth += 1;
      else if (character === "|" && depth === 0) {
        alternatives.push(this.#text.slice(start, at));
        start = at + 1;
      } else if (character === ")") {
        if (depth === 0) {
          alternatives.push(this.#text.slice(start, at));
          this.#at = at + 1;
          return wrapGroup(kind, alternatives.map((each) => patternSource(each)).join("|"), this.#any);
        }
        depth -= 1;
      }
    }
    return undefined;
  }

  #bracket(): string {
    const text = this.#text;
    const negated = text[this.#at] === "!" || text[this.#at] === "^";
    const start = this.#at + (negated ? 1 : 0);
    let at = start;
    let body = "";
    while (at < text.length && (at === start || text[at] !== "]")) {
      const element = classElement(text, at);
      body += element.source;
      at = element.end;
    }
    if (text[at] !== "]") return "\\[";
    this.#at = at + 1;
    return safeClass(`[${negated ? "^" : ""}${edgeDashes(body)}]`);
  }
}

/** A named class, an escaped character or a character between `[` and `]`. */
function classElement(text: string, start: number): { readonly source: string; readonly end: number } {
  const named = /^\[:(\w+):\]/.exec(text.slice(start, start + 12));
  if (named) return { source: classes[named[1] ?? ""] ?? "", end: start + named[0].length };
  const escaped = text[start] === "\\" && start + 1 < text.length;
  const at = escaped ? start + 1 : start;
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const range = character === "-" && text[at - 1] !== "\\";
  return { source: range ? "-" : escapeInClass(character), end: at + character.length };
}

function escapeInClass(character: string): string {
  return /[\\\]^[/&~]/.test(character) ? `\\${character}`.replace(/\\([&~])/, "$1") : character;
}

function edgeDashes(body: string): string {
  return body.replace(/^-/, "\\-").replace(/-$/, "\\-");
}

function safeClass(source: string): string {
  try {
    new RegExp(source, "u");
    return source;
  } catch {
    return "(?!)";
  }
}

function wrapGroup(kind: string, body: string, any: string): string {
  if (kind === "!") return `(?!(?:${body})$)${any}*`;
  const suffix = kind === "@" ? "" : kind;
  return `(?:${body})${suffix}`;
}
