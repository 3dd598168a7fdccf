import type { Tty } from "../../shell/host.ts";
import { decode } from "../../shell/text.ts";
import type { Program, ProgramContext } from "../command.ts";

interface Named {
  readonly name: string;
  readonly text: string;
}

interface Looks {
  /** What stands in the last row; `end` when all has been shown. */
  prompt(
    file: Named,
    place: { readonly first: boolean; readonly end: boolean; readonly share: number },
  ): string;
  /** Before the first and after the last page. */
  readonly enter: string;
  readonly leave: string;
  /** Leaves by itself when the last line is shown. */
  readonly endsAlone: boolean;
}

const inverse = (text: string) => `\x1b[7m${text}\x1b[27m`;

const looks: Readonly<Record<"less" | "more", Looks>> = {
  less: {
    prompt: (file, { first, end }) => {
      if (end) return inverse("(END)");
      return first && file.name !== "-" ? inverse(file.name) : ":";
    },
    enter: "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\r",
    leave: "\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t",
    endsAlone: false,
  },
  more: {
    prompt: (_file, { share }) => inverse(`--More--(${Math.floor(share * 100)}%)`),
    enter: "",
    leave: "\r\x1b[K",
    endsAlone: true,
  },
};

/** A pager: the files as they are when nobody looks, page by page on a terminal. */
function pager(kind: "less" | "more"): Program["run"] {
  return async (context) => {
    const names = context.args.filter((arg) => !/^[-+]./.test(arg));
    if (names.length === 0 && context.isTerminal(0)) return bareCall(context, kind);
    const { files, status } = await readAll(context, kind, names.length === 0 ? ["-"] : names);
    const { tty } = context.login;
    if (tty === undefined || !context.isTerminal(1)) {
      for (const file of files) await context.out(titled(kind, file, files.length) + file.text);
      return status;
    }
    for (const file of files) if (!(await page(context, tty, looks[kind], file))) break;
    return status;
  };
}

const titled = (kind: string, file: Named, count: number) =>
  kind === "more" && count > 1 ? `::::::::::::::\n${file.name}\n::::::::::::::\n` : "";

function bareCall(context: ProgramContext, kind: "less" | "more"): Promise<number> {
  return context.fail(
    kind === "less"
      ? 'Missing filename ("less --help" for help)'
      : "more: bad usage\nTry 'more --help' for more information.",
  );
}

async function readAll(context: ProgramContext, kind: "less" | "more", names: readonly string[]) {
  const files: Named[] = [];
  let status = 0;
  for (const name of names) {
    const opened = context.attempt(() => context.open(name));
    const folder = name !== "-" && context.stat(name)?.kind === "directory";
    if (opened.error === undefined && !folder) files.push({ name, text: decode(await opened.value.bytes()) });
    else if (kind === "less") {
      if (context.isTerminal(1)) status = 1;
      // less complains where it would have shown the file.
      await context.out(folder ? `${name} is a directory\n` : `${name}: ${opened.error ?? ""}\n`);
    } else if (folder) await context.out(`\n*** ${name}: directory ***\n\n`);
    else await context.err(`more: cannot open ${name}: ${opened.error ?? ""}\n`);
  }
  return { files, status };
}

/** Lines as the terminal breaks them. */
function screenLines(text: string, columns: number): string[] {
  const broken = new RegExp(`.{1,${Math.max(1, columns)}}`, "gu");
  return text
    .replace(/\n$/, "")
    .split("\n")
    .flatMap((line) => line.match(broken) ?? [""]);
}

/** How far each key goes, by the rows of a page; what is not here does nothing. */
const moves: Readonly<Record<string, (rows: number) => number>> = {
  " ": (rows) => rows,
  f: (rows) => rows,
  "\x1b[6~": (rows) => rows,
  d: (rows) => Math.floor(rows / 2),
  "\r": () => 1,
  "\n": () => 1,
  j: () => 1,
  e: () => 1,
  "\x1b[B": () => 1,
  "\x1bOB": () => 1,
  k: () => -1,
  y: () => -1,
  "\x1b[A": () => -1,
  "\x1bOA": () => -1,
  u: (rows) => -Math.floor(rows / 2),
  b: (rows) => -rows,
  "\x1b[5~": (rows) => -rows,
  G: () => Number.POSITIVE_INFINITY,
  ">": () => Number.POSITIVE_INFINITY,
  g: () => Number.NEGATIVE_INFINITY,
  "<": () => Number.NEGATIVE_INFINITY,
};

/** One key; those that begin with escape send several bytes. The end of input leaves as `q` does. */
async function keyOf(context: ProgramContext, tty: Tty): Promise<string> {
  const { signal } = context.process;
  const key = decode((await tty.file.read(1, signal)) ?? new Uint8Array([0x71]));
  return key === "\x1b" ? key + decode((await tty.file.read(3, signal)) ?? new Uint8Array(0)) : key;
}

/** @returns false when the reader wants no more files */
async function page(context: ProgramContext, tty: Tty, how: Looks, file: Named): Promise<boolean> {
  const { columns, rows: height } = tty.size();
  const rows = Math.max(1, height - 1);
  const lines = screenLines(file.text, columns);
  const { echo, canonical } = tty.modes;
  Object.assign(tty.modes, { echo: false, canonical: false });
  try {
    await context.out(`${how.enter}${lines.slice(0, rows).join("\n")}\n`);
    let top = 0;
    for (let first = true; ; first = false) {
      const end = top + rows >= lines.length;
      if (end && how.endsAlone) return true;
      const share = Math.min(1, (top + rows) / lines.length);
      await context.out(how.prompt(file, { first, end, share }));
      await context.flush();
      const name = await keyOf(context, tty);
      if (name === "q" || name === "Q") return false;
      const wanted = top + (moves[name]?.(rows) ?? 0);
      const next = Math.max(0, Math.min(wanted, lines.length - rows));
      await context.out(`\r\x1b[K${turned(lines, { top, next, rows })}`);
      top = next;
    }
  } finally {
    Object.assign(tty.modes, { echo, canonical });
    await context.out(how.leave);
  }
}

/** Lines that come from below are written on; going back draws the page anew. */
function turned(
  lines: readonly string[],
  { top, next, rows }: { readonly top: number; readonly next: number; readonly rows: number },
): string {
  if (next === top) return "";
  if (next < top) return `\x1b[H\x1b[J${lines.slice(next, next + rows).join("\n")}\n`;
  return `${lines.slice(Math.max(next, top + rows), next + rows).join("\n")}\n`;
}

export const less = pager("less");
export const more = pager("more");

/** The manual is not installed on a server that was set up small: only the program is. */
export async function man(context: ProgramContext): Promise<number> {
  const operands = context.args.filter((arg) => !arg.startsWith("-"));
  if (operands.length === 0)
    return context.fail("What manual page do you want?\nFor example, try 'man man'.");
  const [section = "", ...pages] = operands;
  const numbered = /^[1-9]\w*$/.test(section);
  if (numbered && pages.length === 0)
    return context.fail(
      `No manual entry for ${section}\n(Alternatively, what manual page do you want from section ${section}?)\nFor example, try 'man man'.`,
      16,
    );
  for (const name of numbered ? pages : operands)
    await context.err(`No manual entry for ${name}${numbered ? ` in section ${section}` : ""}\n`);
  return 16;
}
