import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { JournalPosition } from "../contract.ts";
import { openFileJournalReader } from "./reader.ts";
import { openFileJournalWriter } from "./writer.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const active = (): string => join(folder, "decnet.json");
const line = (n: number): string => `{"n":${n},"pad":"${"x".repeat(n % 23)}"}`;
const bytes = (...numbers: number[]): Buffer => Buffer.from(numbers.map((n) => `${line(n)}\n`).join(""));
const MANY = { lines: 10_000, bytes: 1 << 24 };

type Op =
  | { readonly op: "append"; readonly count: number }
  | { readonly op: "read"; readonly lines: number; readonly bytes: number }
  | {
      readonly op:
        | "rename"
        | "renameAndCreate"
        | "delete"
        | "cut"
        | "tear"
        | "restartWriter"
        | "restartReader"
        | "retire";
    };

const operations = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ op: fc.constant("append" as const), count: fc.integer({ min: 1, max: 9 }) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        op: fc.constant("read" as const),
        lines: fc.integer({ min: 1, max: 12 }),
        bytes: fc.integer({ min: 1, max: 400 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        op: fc.constantFrom(
          ...([
            "rename",
            "renameAndCreate",
            "delete",
            "cut",
            "tear",
            "restartWriter",
            "restartReader",
            "retire",
          ] as const),
        ),
      }),
    },
  ),
  { maxLength: 40 },
);

/** One history of a family: what was appended, what others destroyed, what the reader was given. */
class History {
  readonly delivered: string[] = [];
  readonly reports: string[] = [];
  next: JournalPosition | undefined;
  appended = 0;
  destroyed = false;
  #renames = 0;
  #writer = this.#openWriter();
  #reader = openFileJournalReader(folder, { pieceBytes: 128 });

  #openWriter() {
    return openFileJournalWriter(active(), {
      segmentBytes: 150,
      onForeignSeal: ({ kind }) => {
        if (kind !== "renamed") this.reports.push(kind);
      },
    });
  }

  step(each: Op): void {
    if (each.op === "append") {
      const numbers = Array.from({ length: each.count }, () => this.appended++);
      this.#writer.append(bytes(...numbers));
    } else if (each.op === "read") this.read(each);
    else if (each.op === "restartReader") {
      this.#reader[Symbol.dispose]();
      this.#reader = openFileJournalReader(folder, { pieceBytes: 128 });
    } else if (each.op === "restartWriter") this.restartWriter();
    else if (each.op === "retire") {
      if (this.next !== undefined) this.#reader.retire(this.next, 1);
    } else if (existsSync(active())) this.#disturb(each.op);
  }

  #disturb(op: "rename" | "renameAndCreate" | "delete" | "cut" | "tear"): void {
    if (op === "rename" || op === "renameAndCreate") {
      renameSync(active(), `${active()}.r${this.#renames++}`);
      if (op === "renameAndCreate") writeFileSync(active(), "");
    } else if (op === "tear") {
      this.#writer.append(new Uint8Array()); // a crash in the middle of a write: into the writer's own file
      this.#writer[Symbol.dispose]();
      appendFileSync(active(), '{"torn');
      this.#writer = this.#openWriter();
    } else {
      this.destroyed = true;
      if (op === "delete") unlinkSync(active());
      else truncateSync(active(), 0);
    }
  }

  restartWriter(): void {
    this.#writer[Symbol.dispose]();
    this.#writer = this.#openWriter();
  }

  read(limits: { readonly lines: number; readonly bytes: number }): number {
    const batch = this.#reader.read("decnet", this.next, limits);
    this.next = batch.next;
    for (const { bytes: raw, torn } of batch.lines) {
      if (!torn) this.delivered.push(Buffer.from(raw).toString());
    }
    for (const gap of batch.gaps) this.reports.push(gap.reason);
    return batch.lines.length + batch.gaps.length;
  }

  close(): void {
    this.#writer[Symbol.dispose]();
    this.#reader[Symbol.dispose]();
  }
}

it("delivers every line that still exists once and in order, and reports every loss, whatever happens to the files", () => {
  let losses = 0;
  fc.assert(
    fc.property(operations, (steps) => {
      rmSync(folder, { recursive: true, force: true });
      const history = new History();
      try {
        for (const each of steps) history.step(each);
        history.step({ op: "append", count: 1 });
        while (history.read(MANY) > 0);
        const expected = Array.from({ length: history.appended }, (_, n) => line(n));
        const missing = new Set(expected).difference(new Set(history.delivered));
        if (missing.size > 0) losses++;
        expect(history.delivered).toEqual(expected.filter((each) => !missing.has(each)));
        expect({
          lost: missing.size > 0 && !history.destroyed,
          silent: missing.size > 0 && history.reports.length === 0,
        }).toEqual({ lost: false, silent: false });
        expect(history.destroyed ? [] : history.reports).toEqual([]);
      } finally {
        history.close();
      }
    }),
    { numRuns: 150 },
  );
  expect(losses).toBeGreaterThan(2); // the histories do destroy lines
}, 60_000);
