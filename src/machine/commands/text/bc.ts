import { general } from "../../shell/printf.ts";
import type { ProgramContext } from "../command.ts";

export async function bc(context: ProgramContext): Promise<number> {
  const text = (context.args.some((arg) => !arg.startsWith("-")) ? "" : await context.stdin.text()).slice(
    0,
    10_000,
  );
  let scale = context.args.includes("-l") ? 20 : 0;
  for (const statement of text.split(/[\n;]/)) {
    const line = statement.trim();
    const set = /^scale\s*=\s*(\d+)$/.exec(line);
    if (set) scale = Math.min(Number(set[1]), 50);
    else if (/^[\d\s.+\-*/%^()]+$/.test(line) && line !== "")
      await context.out(`${arithmetic(line, scale)}\n`);
    else if (/^(quit|exit)$/.test(line)) return 0;
    else if (line !== "") context.unknown();
  }
  return 0;
}

function arithmetic(text: string, scale: number): string {
  const tokens = text.match(/\d+\.?\d*|\.\d+|[-+*/%^()]/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const token = tokens[at++];
    if (token === "-") return -power();
    if (token === "(") {
      const value = sum();
      at += 1;
      return value;
    }
    return Number(token ?? 0);
  };
  const power = (): number => {
    const base = atom();
    if (tokens[at] !== "^") return base;
    at += 1;
    return base ** power();
  };
  const product = (): number => {
    let value = power();
    while (/^[*/%]$/.test(tokens[at] ?? "")) {
      const operator = tokens[at++];
      const right = power();
      const factor = 10 ** scale;
      value =
        operator === "*"
          ? value * right
          : operator === "/"
            ? Math.trunc((value / right) * factor) / factor
            : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (/^[-+]$/.test(tokens[at] ?? ""))
      value = tokens[at++] === "+" ? value + product() : value - product();
    return value;
  };
  const value = sum();
  return Number.isInteger(value) ? BigInt(value).toString() : general(value, 15).replace(/^(-?)0\./, "$1.");
}
