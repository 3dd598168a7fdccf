import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isWriteError } from "./outputs.ts";
import { FaultyDisk, Killed } from "./testing/faulty-disk.ts";
import { countNumbers, linesBeside, numberedLine, readJournal } from "./testing/spool-lines.ts";
import { openTestLoop, paths, TestClock } from "./testing/test-loop.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "collector-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Op =
  | { readonly op: "lines"; readonly writer: number; readonly count: number; readonly tear: boolean }
  | { readonly op: "nextFile" | "newRun" | "killRun"; readonly writer: number }
  | { readonly op: "step"; readonly times: number; readonly ms: number }
  | { readonly op: "kill"; readonly calls: number; readonly part: number }
  | { readonly op: "full"; readonly room: number }
  | { readonly op: "moveLog" | "moveJournal" | "stop" };

const writer = fc.integer({ min: 0, max: 2 });
const operations = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        op: fc.constant("lines" as const),
        writer,
        count: fc.integer({ min: 1, max: 20 }),
        tear: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constantFrom("nextFile" as const, "newRun" as const, "killRun" as const),
        writer,
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        op: fc.constant("step" as const),
        times: fc.integer({ min: 1, max: 6 }),
        ms: fc.constantFrom(1, 60, 400, 1100, 3000),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        op: fc.constant("kill" as const),
        calls: fc.integer({ min: 1, max: 40 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant("full" as const), room: fc.integer({ min: 0, max: 3000 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constantFrom("moveLog" as const, "moveJournal" as const, "stop" as const),
      }),
    },
  ),
  { minLength: 4, maxLength: 50 },
);

/** A decoy: appends whole lines to its run, now and then dies in the middle of one. */
class Writer {
  readonly decky = "quill-07";
  readonly service: string;
  run = "";
  #runs = 0;
  #file = 0;
  #n = 0;
  isAlive = false;
  readonly expected: string[] = [];
  readonly torn: string[] = [];

  constructor(index: number) {
    this.service = `svc${index}`;
  }

  get #folder(): string {
    return join(paths(folder).spool, this.decky, this.service);
  }

  get path(): string {
    return join(this.#folder, `${this.run}-${String(this.#file).padStart(5, "0")}.log`);
  }

  get held(): string {
    return `${this.decky}/${this.service}/${this.run}-00001.log`;
  }

  newRun(): void {
    this.run = `2026072${this.#runs % 10}T1422${String(10 + (this.#runs % 50))}000Z-${this.service}r${this.#runs++}`;
    this.#file = 0;
    this.#n = 0;
    this.isAlive = true;
    this.nextFile();
  }

  nextFile(): void {
    if (!this.isAlive) return;
    this.#file++;
    mkdirSync(this.#folder, { recursive: true });
    appendFileSync(this.path, "");
  }

  lines(count: number, tear: boolean): void {
    if (!this.isAlive) this.newRun();
    for (let i = 0; i < count; i++) {
      appendFileSync(this.path, `${numberedLine(this.run, this.#n)}\n`);
      this.expected.push(`${this.run}#${this.#n++}`);
    }
    if (!tear) return;
    // Dies in the middle of a write: the rest of that line never comes.
    appendFileSync(this.path, numberedLine(this.run, this.#n).slice(0, 150));
    this.torn.push(this.run);
    this.isAlive = false;
  }
}

class History {
  readonly clock = new TestClock();
  readonly writers = [0, 1, 2].map((index) => new Writer(index));
  kills = 0;
  #faulty = new FaultyDisk();
  #loop: ReturnType<typeof openTestLoop>["loop"] | undefined;
  #moves = 0;

  perform(each: Op): void {
    const own = "writer" in each ? this.writers[each.writer] : undefined;
    if (each.op === "lines") own?.lines(each.count, each.tear);
    else if (each.op === "nextFile") own?.nextFile();
    else if (each.op === "newRun") own?.newRun();
    else if (each.op === "killRun" && own !== undefined) own.isAlive = false;
    else if (each.op === "step") this.steps(each.times, each.ms);
    else if (each.op === "kill") {
      this.#faulty.killIn = this.#faulty.calls + each.calls;
      this.#faulty.killedPart = each.part;
      this.steps(30, 300);
    } else if (each.op === "full") this.#fill(each.room);
    else if (each.op === "stop") this.stop();
    else this.#move(each.op === "moveLog" ? paths(folder).log : paths(folder).journal);
  }

  steps(times: number, ms: number): void {
    for (let i = 0; i < times; i++) {
      this.clock.advance(ms);
      this.#guarded(() => {
        this.#loop ??= this.#open();
        this.#loop.step();
      });
    }
  }

  stop(): void {
    this.#guarded(() => {
      this.#loop?.finish();
      this.#loop?.[Symbol.dispose]();
      this.#loop = undefined;
    });
  }

  /** Nothing happens any more; everything comes to its end. */
  end(): void {
    for (const each of this.writers) each.isAlive = false;
    this.#faulty.killIn = Number.POSITIVE_INFINITY;
    this.steps(60, 400);
    this.steps(4, 70_000);
    this.stop();
  }

  #fill(room: number): void {
    this.#faulty.room = room;
    this.steps(4, 500);
    this.#faulty.room = Number.POSITIVE_INFINITY;
    this.steps(4, 40_000);
  }

  #move(path: string): void {
    if (existsSync(path)) renameSync(path, `${path}.moved${this.#moves++}`);
  }

  #open() {
    return openTestLoop({
      folder,
      clock: this.clock,
      faulty: this.#faulty,
      segmentBytes: 6000,
      logRotateBytes: 4000,
      settings: { logKeep: 100, flushMs: 50 },
      held: () => new Set(this.writers.filter((each) => each.isAlive).map((each) => each.held)),
    }).loop;
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Killed) && !isWriteError(error)) throw error;
    }
    if (!this.#faulty.isDead) return;
    this.kills++;
    try {
      this.#loop?.[Symbol.dispose]();
    } catch {
      // Whatever a dead process would still have done does not happen.
    }
    this.#faulty.releaseAll();
    this.#faulty = new FaultyDisk();
    this.#loop = undefined;
  }
}

let kills = 0;

it("writes each line once to the raw log and once to the journal, whenever it is killed", () => {
  fc.assert(
    fc.property(operations, (steps) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(dirname(paths(folder).log), { recursive: true });
      writeFileSync(join(dirname(paths(folder).log), "other"), "");
      const history = new History();
      for (const each of steps) history.perform(each);
      history.end();
      kills += history.kills;

      const expected = history.writers.flatMap((each) => each.expected).toSorted();
      const raw = linesBeside(paths(folder).log);
      const journal = readJournal(paths(folder).journal);
      expect(onceEach(raw, expected)).toEqual({ missing: [], repeated: [] });
      expect(onceEach(journal, expected)).toEqual({ missing: [], repeated: [] });
      expect(journal.filter((line) => line.includes('"event_type":"gap"'))).toEqual([]);
      for (const { expected: own } of history.writers) expect(orderOf(raw, own)).toEqual(own);
      const left = spoolFiles();
      expect(left).toEqual([]);
    }),
    { numRuns: 80 },
  );
  expect(kills).toBeGreaterThan(20);
}, 240_000);

function onceEach(lines: readonly string[], expected: readonly string[]) {
  const counts = countNumbers(lines);
  const known = new Set(expected);
  return {
    missing: expected.filter((key) => !counts.has(key)),
    repeated: [...counts].filter(([key, count]) => count > 1 && known.has(key)),
  };
}

function orderOf(lines: readonly string[], own: readonly string[]): readonly string[] {
  const known = new Set(own);
  return [...countNumbers(lines).keys()]
    .filter((key) => known.has(key))
    .toSorted((a, b) => own.indexOf(a) - own.indexOf(b));
}

function spoolFiles(): readonly string[] {
  return existsSync(paths(folder).spool)
    ? readdirSync(paths(folder).spool, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
    : [];
}
