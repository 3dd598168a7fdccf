import type { Part, Word, WordPart } from "./syntax.ts";

/** Words that one brace expression may give. */
const MAX_WORDS = 20_000;

/** `a{b,c}d` → two words. Without `active` the expression stays as it was typed. */
export function braces(word: Word, active: boolean): Word[] {
  const at = word.parts.findIndex((part) => part.type === "BraceExpansion");
  const part = word.parts[at];
  if (part?.type !== "BraceExpansion") return [word];
  const before = word.parts.slice(0, at);
  const after = word.parts.slice(at + 1);
  if (!active) return braces({ ...word, parts: [...before, ...asTyped(part), ...after] }, false);
  const out: Word[] = [];
  for (const middle of alternatives(part)) {
    for (const rest of braces({ type: "Word", parts: after }, true)) {
      for (const each of braces({ type: "Word", parts: middle }, true)) {
        out.push({ type: "Word", parts: [...before, ...each.parts, ...rest.parts] });
        if (out.length >= MAX_WORDS) return out;
      }
    }
  }
  return out;
}

function alternatives(part: Part<"BraceExpansion">): WordPart[][] {
  return part.items.flatMap((item) =>
    item.type === "Word"
      ? [item.word.parts]
      : range(item).map((value): WordPart[] => [{ type: "Literal", value }]),
  );
}

type Range = Extract<Part<"BraceExpansion">["items"][number], { type: "Range" }>;

function range(item: Range): string[] {
  const numeric = typeof item.start === "number" && typeof item.end === "number";
  const place = (value: number | string) => (numeric ? Number(value) : (String(value).codePointAt(0) ?? 0));
  const width = paddedWidth([item.startStr, item.endStr]);
  return places(place(item.start), place(item.end), Math.abs(item.step ?? 1) || 1).map((at) =>
    numeric ? pad(at, width) : String.fromCodePoint(at),
  );
}

/** `{01..10}`: a leading zero makes all as wide as the widest. */
function paddedWidth(texts: readonly (string | undefined)[]): number {
  const padded = texts.some((text) => text !== undefined && /^-?0\d/.test(text));
  return padded ? Math.max(...texts.map((text) => text?.length ?? 0)) : 0;
}

function places(start: number, end: number, step: number): number[] {
  const count = Math.min(Math.floor(Math.abs(end - start) / step) + 1, MAX_WORDS);
  return Array.from({ length: count }, (_each, index) => start + index * (start <= end ? step : -step));
}

function pad(value: number, width: number): string {
  const digits = String(Math.abs(value));
  return value < 0 ? `-${digits.padStart(width - 1, "0")}` : digits.padStart(width, "0");
}

function asTyped(part: Part<"BraceExpansion">): WordPart[] {
  const out: WordPart[] = [{ type: "Literal", value: "{" }];
  for (const [index, item] of part.items.entries()) {
    if (index > 0) out.push({ type: "Literal", value: "," });
    if (item.type === "Word") out.push(...item.word.parts);
    else {
      const step = item.step === undefined ? "" : `..${item.step}`;
      out.push({
        type: "Literal",
        value: `${item.startStr ?? item.start}..${item.endStr ?? item.end}${step}`,
      });
    }
  }
  out.push({ type: "Literal", value: "}" });
  return out;
}
