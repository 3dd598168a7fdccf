import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface SeenEvent {
  readonly service: string;
  readonly decky: string;
  readonly type: string;
  readonly severity: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly msg: string;
  readonly seq: number | undefined;
}

const HEADER = /^<(\d+)>1 \S+ (\S+) (\S+) - (\S+) /;
const PAIR = / ([a-z][a-z0-9_]*)="((?:[^"\\]|\\.)*)"/gy;
const SHORT: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

const unescape = (text: string): string =>
  text.replaceAll(/\\(?:u([0-9a-f]{4})|(.))/g, (_all, hex: string | undefined, short: string) =>
    hex === undefined ? (SHORT[short] ?? short) : String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** Reads one line of ours back; an independent reader of the format, for tests. */
function readLine(line: string): SeenEvent {
  const header = HEADER.exec(line);
  if (header === null) throw new Error(`no event line: ${line}`);
  const [all, pri = "0", decky = "", service = "", type = ""] = header;
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  let rest = line.slice(all.length);
  if (rest.startsWith("[relay@55555")) {
    PAIR.lastIndex = "[relay@55555".length;
    let end = PAIR.lastIndex;
    for (let pair = PAIR.exec(rest); pair !== null; pair = PAIR.exec(rest)) {
      fields[pair[1] ?? ""] = unescape(pair[2] ?? "");
      end = PAIR.lastIndex;
    }
    if (rest[end] !== "]") throw new Error(`broken element: ${line}`);
    rest = rest.slice(end + 1);
  }
  const meta = /^\[meta sequenceId="(\d+)"\]/.exec(rest);
  return {
    service,
    decky,
    type,
    severity: Number(pri) % 8,
    fields,
    msg: rest.slice(meta?.[0].length ?? 0).trim(),
    seq: meta?.[1] === undefined ? undefined : Number(meta[1]),
  };
}

/** All whole lines below a spool directory, files in order of their names. */
export function readSpool(dir: string): readonly SeenEvent[] {
  let names: string[];
  try {
    names = readdirSync(dir).toSorted();
  } catch {
    return [];
  }
  return names.flatMap((name) =>
    readFileSync(join(dir, name), "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => readLine(line)),
  );
}
