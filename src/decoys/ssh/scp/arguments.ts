export interface ScpCommand {
  readonly mode: "sink" | "source";
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly targetIsDirectory: boolean;
  readonly paths: readonly string[];
}

/** Characters that make a remote command more than a list of words; such a line is the shell's business. */
const SHELL_SYNTAX = /[;&|<>()$`\n\\]/;

/** Splits as a shell would; `undefined` when it needs a shell. Marks words that may be patterns. */
function words(command: string): readonly string[] | undefined {
  const out: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const c of command) {
    if (quote !== undefined) {
      if (c === quote) quote = undefined;
      else word = (word ?? "") + c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (SHELL_SYNTAX.test(c)) return undefined;
    else if (c === " " || c === "\t") {
      if (word !== undefined) out.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) out.push(word);
  return out;
}

/** Reads `scp -t …` and `scp -f …`, as clients send them; anything else is a command like any other. */
export function parseScp(command: string): ScpCommand | undefined {
  const [program, ...args] = words(command) ?? [];
  if (program === undefined || !/^(?:\/usr\/bin\/)?scp$/.test(program)) return undefined;
  const letters = new Set<string>();
  let at = 0;
  for (; args[at]?.startsWith("-") && args[at] !== "-"; at += 1) {
    if (args[at] === "--") {
      at += 1;
      break;
    }
    for (const letter of args[at]?.slice(1) ?? "") letters.add(letter);
  }
  const paths = args.slice(at);
  if (letters.has("t") === letters.has("f") || paths.length === 0) return undefined;
  return {
    mode: letters.has("t") ? "sink" : "source",
    recursive: letters.has("r"),
    preserve: letters.has("p"),
    targetIsDirectory: letters.has("d"),
    paths,
  };
}
