import { LimitReached } from "./errors.ts";

/** Limits of one command and of one session (`docs/machine.md`). */
export interface Limits {
  readonly cpuMsPerCommand: number;
  readonly loopIterations: number;
  readonly commandsPerLine: number;
  readonly recursion: number;
  readonly pipelineLength: number;
  readonly outputBytes: number;
  readonly outputBytesPerSecond: number;
  readonly substitutionBytes: number;
  readonly processes: number;
  readonly openFiles: number;
  readonly jobs: number;
}

export const machineLimits: Limits = {
  cpuMsPerCommand: 10_000,
  loopIterations: 1_000_000,
  commandsPerLine: 20_000,
  recursion: 200,
  pipelineLength: 64,
  outputBytes: 32 * 1024 * 1024,
  outputBytesPerSecond: 4 * 1024 * 1024,
  substitutionBytes: 8 * 1024 * 1024,
  processes: 200,
  openFiles: 256,
  jobs: 32,
};

/** What one line holds the thread for before another gets it. */
const SLICE_MS = 3;
/** What all lines together hold it for before input and output are looked at. */
const TURN_MS = 8;
/** Work after which a line is slowed to its part of the processor: a loop goes on, others do not feel it. */
const FREE_CPU_MS = 120;
/** Part of the processor that all slowed lines share. */
const HEAVY_SHARE = 0.25;

/** The thread as its lines share it. */
const thread = {
  holder: undefined as Budget | undefined,
  turnStart: 0,
  sliceStart: 0,
  /** Microseconds of processor time at the start of the slice. */
  sliceCpu: 0,
  turn: undefined as Promise<void> | undefined,
  heavy: new Map<Budget, number>(),
};

function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function nextTurn(): Promise<void> {
  thread.turn ??= new Promise((resolve) => {
    setImmediate(() => {
      thread.turn = undefined;
      thread.turnStart = performance.now();
      thread.holder = undefined;
      resolve();
    });
  });
  return thread.turn;
}

/** How many lines are being slowed at this moment. */
function heavyLines(budget: Budget, now: number): number {
  thread.heavy.set(budget, now);
  for (const [each, seen] of thread.heavy) if (now - seen > 1000) thread.heavy.delete(each);
  return thread.heavy.size;
}

/** What one typed line, with everything it starts, may use. */
export class Budget {
  readonly limits: Limits;
  iterations = 0;
  commands = 0;
  bytesOut = 0;
  cpuMs = 0;
  #secondStart = 0;
  #secondBytes = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  iterate(): void {
    this.iterations += 1;
    if (this.iterations > this.limits.loopIterations) throw new LimitReached("loop");
  }

  command(): void {
    this.commands += 1;
    if (this.commands > this.limits.commandsPerLine) throw new LimitReached("commands");
  }

  /** Cheap; gives a promise only when the thread has been held for the length of a slice. */
  tick(): Promise<void> | undefined {
    const now = performance.now();
    if (thread.holder !== this && now - thread.turnStart < TURN_MS) {
      thread.holder = this;
      thread.sliceStart = now;
      thread.sliceCpu = threadCpu();
      return undefined;
    }
    if (thread.holder === this && now - thread.sliceStart < SLICE_MS && now - thread.turnStart < TURN_MS)
      return undefined;
    const used = thread.holder === this ? (threadCpu() - thread.sliceCpu) / 1000 : 0;
    thread.holder = undefined;
    return this.#rest(used, now);
  }

  async #rest(used: number, now: number): Promise<void> {
    this.cpuMs += used;
    if (this.cpuMs > this.limits.cpuMsPerCommand) throw new LimitReached("cpu");
    if (this.cpuMs > FREE_CPU_MS && used > 0) {
      const pause = (used * heavyLines(this, now)) / HEAVY_SHARE - used;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, Math.min(pause, 500));
      });
    }
    await nextTurn();
  }

  /** Counts output that leaves the machine; slows it to the rate a slow line has. */
  output(bytes: number): Promise<void> | undefined {
    this.bytesOut += bytes;
    if (this.bytesOut > this.limits.outputBytes) throw new LimitReached("output");
    const now = performance.now();
    if (now - this.#secondStart > 1000) {
      this.#secondStart = now;
      this.#secondBytes = 0;
    }
    this.#secondBytes += bytes;
    if (this.#secondBytes <= this.limits.outputBytesPerSecond) return undefined;
    return new Promise((resolve) => {
      setTimeout(resolve, 1000 - (now - this.#secondStart));
    });
  }
}
