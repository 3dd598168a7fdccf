import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { encodeLine } from "#events/encode.ts";
import { openFileJournalReader } from "#journal/file/reader.ts";

/** A line that names its run and number, so that a checker can count it. */
export const numberedLine = (run: string, n: number, type = "request"): string =>
  encodeLine({
    timestampNs: 1_780_000_000_000_000_000n + BigInt(n),
    hostname: "quill-07",
    app: "webd",
    type,
    fields: {
      src_ip: `192.0.2.${(n % 250) + 1}`,
      src_port: 40_000 + (n % 1000),
      run,
      n,
      pad: "x".repeat(n % 61),
    },
    sequenceId: n + 1,
  });

/** Every line of a file and its older or renamed versions beside it, oldest first is not promised. */
export function linesBeside(path: string): readonly string[] {
  const folder = dirname(path);
  const stem = basename(path);
  return readdirSync(folder)
    .filter((name) => name.startsWith(stem) && !/\.(?:meta|lock|part)$/.test(name))
    .toSorted()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "");
}

/** How often each (run, number) occurs; lines that have none are left out. */
export function countNumbers(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [, run, n] = /run=\\?"([^"\\]+)\\?" n=\\?"(\d+)/.exec(line) ?? [];
    if (run === undefined) continue;
    const key = `${run}#${n}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Every record of a journal family, as its consumers get them. */
export function readJournal(path: string): readonly string[] {
  using reader = openFileJournalReader(dirname(path));
  const lines: string[] = [];
  for (let next: Parameters<typeof reader.read>[1]; ; ) {
    const batch = reader.read("decnet", next, { lines: 10_000, bytes: 1 << 24 });
    for (const { bytes, torn } of batch.lines) lines.push(torn ? "torn" : Buffer.from(bytes).toString());
    for (const gap of batch.gaps) lines.push(`gap ${gap.detail}`);
    if (batch.lines.length === 0 && batch.gaps.length === 0) return lines;
    next = batch.next;
  }
}

/** Lines of a log and its rotated files `.7 … .1`, oldest first; `names` are those of files moved away by others. */
export function linesInOrder(path: string, names: readonly string[] = []): readonly string[] {
  const rotated = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((number) => `${path}.${number}`);
  return [...names, ...rotated, path]
    .filter((each) => existsSync(each))
    .flatMap((each) => readFileSync(each, "utf8").split("\n"))
    .filter((line) => line !== "");
}
