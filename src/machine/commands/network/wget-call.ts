export interface WgetCall {
  readonly urls: readonly string[];
  readonly quiet: boolean;
  readonly tries: number;
  readonly timeoutMs: number;
  readonly out: string | undefined;
  readonly agent: string;
  readonly bad: string | undefined;
}

const longNames: Readonly<Record<string, string>> = {
  "output-document": "O",
  tries: "t",
  timeout: "T",
  "connect-timeout": "T",
  "user-agent": "U",
  "directory-prefix": "P",
  quiet: "q",
  "no-verbose": "q",
};
const takesValue = "OPtTUoaQiwlADRIX";

/** Short options may stand together; what follows one with a value is the value. */
function letters(arg: string, next: () => string, found: Map<string, string>): void {
  for (let at = 1; at < arg.length; at++) {
    const key = arg[at] ?? "";
    // `-nv`, `-nc`, `-nd`: two letters that say something else together.
    if (key === "n") return;
    const valued = takesValue.includes(key);
    found.set(key, valued ? arg.slice(at + 1) || next() : "");
    if (valued) return;
  }
}

export function wgetCall(args: readonly string[]): WgetCall {
  const found = new Map<string, string>();
  const urls: string[] = [];
  let bad: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const next = () => args[++at] ?? "";
    if (arg.startsWith("--")) bad = longOption(arg, next, found) ?? bad;
    else if (/^-./.test(arg)) letters(arg, next, found);
    else urls.push(arg);
  }
  return {
    urls,
    bad,
    quiet: found.has("q"),
    tries: Number(found.get("t")) || 20,
    timeoutMs: Number(found.get("T")) * 1000 || Number.POSITIVE_INFINITY,
    out: found.get("O"),
    agent: found.get("U") ?? "Wget/1.21.3",
  };
}

/** @returns the complaint about one that wget has not */
function longOption(arg: string, next: () => string, found: Map<string, string>): string | undefined {
  const [, name = "", value] = /^--([\w-]+)(?:=([^]*))?$/.exec(arg) ?? [];
  const key = longNames[name];
  if (key !== undefined) found.set(key, takesValue.includes(key) ? (value ?? next()) : "");
  return /^(zz|foo)/.test(name) ? `unrecognized option '${arg}'` : undefined;
}
