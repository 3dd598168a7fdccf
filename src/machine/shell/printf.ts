import { unescapeAnsi, unescapeEcho } from "./escapes.ts";
import { shellQuote } from "./quote.ts";
import { encode } from "./text.ts";

export type PrintfProblem = string;

const MAX_WIDTH = 100_000;

interface Run {
  readonly args: readonly string[];
  readonly problems: PrintfProblem[];
  readonly now: number;
  at: number;
  ended: boolean;
}

/** `printf`: the format is used again while arguments are left. */
export function formatPrintf(
  format: string,
  args: readonly string[],
  options: { readonly problems: PrintfProblem[]; readonly now: number },
): string {
  const run: Run = { args, problems: options.problems, now: options.now, at: 0, ended: false };
  let out = "";
  do {
    const before = run.at;
    out += once(format, run);
    if (run.at === before) break;
  } while (run.at < args.length && !run.ended && out.length < 4_000_000);
  return out;
}

function once(format: string, run: Run): string {
  let out = "";
  let at = 0;
  while (at < format.length && !run.ended) {
    const percent = format.indexOf("%", at);
    if (percent < 0) return out + unescapeAnsi(format.slice(at));
    out += unescapeAnsi(format.slice(at, percent));
    const match =
      /^%([-+ #0']*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:hh|h|ll|l|j|z|t|L)?(\([^)]*\)T|[diouxXcsqbfFeEgGaA%n])/.exec(
        format.slice(percent),
      );
    if (!match) {
      const bad = format.slice(percent, percent + 2);
      run.problems.push(`\`${bad.slice(1)}': invalid format character`.replace("`", "`"));
      run.ended = true;
      return out;
    }
    out += directive(match, run);
    at = percent + match[0].length;
  }
  return out;
}

function directive(match: RegExpExecArray, run: Run): string {
  const [whole, flags = "", widthText, precisionText, kind = "s"] = match;
  if (kind === "%") return "%";
  const number = (text: string | undefined) =>
    text === "*" ? Number(run.args[run.at++] ?? 0) : text === undefined ? undefined : Number(text);
  let width = Math.min(number(widthText) ?? 0, MAX_WIDTH);
  const precision = /\./.test(whole) ? Math.min(number(precisionText) ?? 0, MAX_WIDTH) : undefined;
  const left = flags.includes("-") || width < 0;
  width = Math.abs(width);
  const given = run.at < run.args.length;
  const argument = run.args[run.at] ?? "";
  run.at += 1;
  const text = render({ kind, flags, precision, argument, given }, run);
  if (left) return text.padEnd(width);
  const zero = flags.includes("0") && !"csqb".includes(kind);
  if (!zero) return text.padStart(width);
  const sign = /^[+-]|^0[xX]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

interface Directive {
  readonly kind: string;
  readonly flags: string;
  readonly precision: number | undefined;
  readonly argument: string;
  readonly given: boolean;
}

function render(part: Directive, run: Run): string {
  const { kind, precision, argument } = part;
  if (kind === "s") return precision === undefined ? argument : argument.slice(0, precision);
  if (kind === "q") return shellQuote(argument);
  if (kind === "c") return argument.slice(0, 1);
  if (kind === "b") {
    const decoded = unescapeEcho(argument.replace(/\\([1-7][0-7]{0,2})/g, "\\0$1"), { hex: true });
    run.ended ||= decoded.end;
    return precision === undefined ? decoded.text : decoded.text.slice(0, precision);
  }
  if (kind.endsWith("T"))
    return strftime(kind.slice(1, -2), part.given && Number(argument) >= 0 ? Number(argument) : run.now);
  if ("diouxX".includes(kind)) return integer(part, run);
  return floating(part, run);
}

function parseInteger(text: string, run: Run): bigint {
  const trimmed = text.trim();
  if (trimmed === "") return 0n;
  if (/^["']/.test(trimmed)) return BigInt(encode(trimmed.slice(1, 2))[0] ?? 0);
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(trimmed);
  if (!match || match[0] !== trimmed) run.problems.push(`${text}: invalid number`);
  if (!match) return 0n;
  const digits = match[2] ?? "0";
  const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits}`) : BigInt(digits);
  return match[1] === "-" ? -value : value;
}

function integer(part: Directive, run: Run): string {
  const value = parseInteger(part.argument, run);
  return part.kind === "d" || part.kind === "i" ? signed(part, value) : unsigned(part, value);
}

function signed({ flags, precision }: Directive, value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(precision ?? 0, "0");
  const plus = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  return (value < 0n ? "-" : plus) + digits;
}

const bases: Readonly<Record<string, { readonly base: number; readonly prefix: string }>> = {
  o: { base: 8, prefix: "0" },
  u: { base: 10, prefix: "" },
  x: { base: 16, prefix: "0x" },
  X: { base: 16, prefix: "0X" },
};

function unsigned({ kind, flags, precision }: Directive, value: bigint): string {
  const { base, prefix } = bases[kind] ?? { base: 10, prefix: "" };
  const digits = BigInt.asUintN(64, value)
    .toString(base)
    .padStart(precision ?? 0, "0");
  const shown = flags.includes("#") && value !== 0n ? prefix : "";
  return shown + (kind === "X" ? digits.toUpperCase() : digits);
}

function floating(part: Directive, run: Run): string {
  const { kind, flags, argument } = part;
  const value = argument.trim() === "" ? 0 : Number(argument);
  if (Number.isNaN(value)) {
    run.problems.push(`${argument}: invalid number`);
    return floating({ ...part, argument: String(Number.parseFloat(argument) || 0) }, run);
  }
  const precision = Math.min(part.precision ?? 6, 100);
  let text: string;
  if (kind === "f" || kind === "F") text = value.toFixed(precision);
  else if (kind === "e" || kind === "E")
    text = value.toExponential(precision).replace(/e([+-])(\d)$/, "e$10$2");
  else text = general(value, precision === 0 ? 1 : precision);
  if (flags.includes("+") && value >= 0) text = `+${text}`;
  return kind === "E" || kind === "G" ? text.toUpperCase() : text;
}

export function general(value: number, precision: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : Number.isNaN(value) ? "nan" : "-inf";
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toExponential(precision - 1)))));
  if (exponent < -4 || exponent >= precision) {
    return value
      .toExponential(precision - 1)
      .replace(/\.?0+e/, "e")
      .replace(/e([+-])(\d)$/, "e$10$2");
  }
  const fixed = value.toFixed(Math.max(0, precision - 1 - exponent));
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

function strftime(format: string, seconds: number): string {
  const at = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const parts: Readonly<Record<string, string>> = {
    Y: String(at.getUTCFullYear()),
    m: two(at.getUTCMonth() + 1),
    d: two(at.getUTCDate()),
    H: two(at.getUTCHours()),
    M: two(at.getUTCMinutes()),
    S: two(at.getUTCSeconds()),
    s: String(Math.floor(seconds)),
    "%": "%",
  };
  const expanded = format.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S");
  return expanded.replace(/%(.)/g, (whole: string, letter: string) => parts[letter] ?? whole);
}
