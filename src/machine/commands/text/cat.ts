import { encode } from "../../shell/text.ts";
import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { inputs } from "./streams.ts";

export async function cat(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "AbeEnstTuv",
    long: {
      number: "n",
      "number-nonblank": "b",
      "show-all": "A",
      "show-ends": "E",
      "show-tabs": "T",
      "squeeze-blank": "s",
      "show-nonprinting": "v",
    },
  });
  if (typeof parsed === "number") return parsed;
  const plain = parsed.list.every(([key]) => key === "u");
  const state = { line: 0, blank: 0 };
  let status = 0;
  for await (const { input } of inputs(context, parsed.rest, () => (status = 1))) {
    if (plain) {
      for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
        await context.out(chunk);
        if (context.isTerminal(0) || input.file?.kind === "pipe") await context.flush();
      }
    } else for await (const line of input.lines()) await context.out(shown(line, parsed.set, state));
  }
  return status;
}

interface Marks {
  readonly nonPrinting: boolean;
  readonly tabs: boolean;
  readonly ends: boolean;
}

/** What the letters stand for together: `-A` is `-vET`. */
function marksOf(set: ReadonlyMap<string, string>): Marks {
  const any = (letters: string) => Array.from(letters).some((letter) => set.has(letter));
  return { nonPrinting: any("Avet"), tabs: any("ATt"), ends: any("AEe") };
}

function shown(
  line: string,
  set: ReadonlyMap<string, string>,
  state: { line: number; blank: number },
): string {
  const body = line.replace(/\n$/, "");
  state.blank = body === "" ? state.blank + 1 : 0;
  if (set.has("s") && state.blank > 1) return "";
  const marks = marksOf(set);
  const printable = marks.nonPrinting ? visible(body) : body;
  const text = marks.tabs ? printable.replaceAll("\t", "^I") : printable;
  const numbered = set.has("b") ? body !== "" : set.has("n");
  const prefix = numbered ? `${String(++state.line).padStart(6)}\t` : "";
  const end = line.endsWith("\n") ? `${marks.ends ? "$" : ""}\n` : "";
  return `${prefix}${text}${end}`;
}

function visible(text: string): string {
  let out = "";
  for (const byte of encode(text)) {
    const low = byte & 0x7f;
    const body =
      low === 9 && byte < 128
        ? "\t"
        : low < 32
          ? `^${String.fromCharCode(low + 64)}`
          : low === 127
            ? "^?"
            : String.fromCharCode(low);
    out += byte < 128 ? body : `M-${body}`;
  }
  return out;
}

export async function tac(context: ProgramContext): Promise<number> {
  let status = 0;
  for await (const { input } of inputs(context, context.args, () => (status = 1))) {
    const lines = (await input.text()).match(/[^\n]*\n|[^\n]+$/g) ?? [];
    for (const line of lines.reverse()) await context.out(line);
  }
  return status;
}
