import { afterEach, expect, test } from "vitest";
import { CodedError } from "./errors.ts";
import { silentLog } from "./log.ts";
import { Supervisor, type WorkerStatus } from "./supervisor.ts";
import type { Worker, WorkerContext, WorkerState } from "./worker.ts";

class Busy extends CodedError {
  readonly code = "TEST_BUSY";
  override readonly retryable = true;
}
class Wrong extends CodedError {
  readonly code = "TEST_WRONG";
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

const steady = (name: string): Worker => ({
  name,
  policy: "required",
  async run(context: WorkerContext, signal: AbortSignal) {
    context.progress(0, 0);
    await aborted(signal);
  },
});

const open: Supervisor[] = [];
afterEach(async () => {
  for (const supervisor of open.splice(0)) await supervisor[Symbol.asyncDispose]();
});

function supervise(workers: readonly Worker[]) {
  const changes: [string, WorkerState][] = [];
  const waiting: { name: string; state: WorkerState; count: number; resolve: () => void }[] = [];
  const onChange = ({ name, state }: WorkerStatus) => {
    changes.push([name, state]);
    for (const wait of waiting)
      if (changes.filter(([n, s]) => n === wait.name && s === wait.state).length >= wait.count)
        wait.resolve();
  };
  const supervisor = new Supervisor({
    log: silentLog,
    onChange,
    backoff: { firstMs: 2, maxMs: 8 },
    stopMs: 50,
    random: () => 0.5,
  });
  open.push(supervisor);
  for (const worker of workers) supervisor.add(worker);
  const reached = (name: string, state: WorkerState, count = 1) =>
    new Promise<void>((resolve) => {
      if (changes.filter(([n, s]) => n === name && s === state).length >= count) resolve();
      else waiting.push({ name, state, count, resolve });
    });
  return { supervisor, changes, reached };
}

const stateOf = (supervisor: Supervisor, name: string) =>
  supervisor.statuses().find((status) => status.name === name)?.state;

test("stop, start and restart act on exactly one worker", async () => {
  const { supervisor } = supervise([steady("a"), steady("b")]);
  expect(await supervisor.startAll()).toEqual([]);
  expect(await supervisor.control("a", "stop")).toEqual({ accepted: true, state: "stopped" });
  expect(stateOf(supervisor, "b")).toBe("running");
  expect(await supervisor.control("a", "start")).toEqual({ accepted: true, state: "running" });
  expect(await supervisor.control("a", "restart")).toEqual({ accepted: true, state: "running" });
  expect(await supervisor.control("zz", "stop")).toMatchObject({ accepted: false, state: "unknown" });
});

test("a retryable error backs off and runs again, the sibling is not touched", async () => {
  let tries = 0;
  const shy: Worker = {
    name: "shy",
    policy: "optional",
    async run(context, signal) {
      tries += 1;
      if (tries < 4) throw new Busy("not yet");
      context.progress(0, 0);
      await aborted(signal);
    },
  };
  const { supervisor, reached, changes } = supervise([shy, steady("calm")]);
  await supervisor.startAll();
  await reached("shy", "running");
  expect(tries).toBe(4);
  expect(supervisor.statuses()[0]).toMatchObject({ restarts: 3, lastError: { code: "TEST_BUSY" } });
  expect(changes.filter(([name]) => name === "calm")).toEqual([
    ["calm", "starting"],
    ["calm", "running"],
  ]);
});

test("a configuration error of a required worker is reported and not repeated", async () => {
  let tries = 0;
  const { supervisor } = supervise([
    {
      name: "bad",
      policy: "required",
      async run() {
        tries += 1;
        throw new Wrong("no right to listen");
      },
    },
  ]);
  expect(await supervisor.startAll()).toMatchObject([{ name: "bad", lastError: { code: "TEST_WRONG" } }]);
  expect(tries).toBe(1);
});

test("a return before the abort is a crash; ten crashes are enough; start revives", async () => {
  let tries = 0;
  const { supervisor, reached } = supervise([
    {
      name: "brief",
      policy: "optional",
      async run(context, signal) {
        tries += 1;
        if (tries <= 11) return;
        context.progress(0, 0);
        await aborted(signal);
      },
    },
  ]);
  await supervisor.startAll();
  await reached("brief", "failed");
  expect(tries).toBe(11);
  expect(await supervisor.control("brief", "start")).toEqual({ accepted: true, state: "running" });
});

test("a worker that ignores its abort is stuck and says so", async () => {
  const { supervisor } = supervise([
    {
      name: "deaf",
      policy: "required",
      async run(context) {
        context.progress(0, 0);
        await new Promise<void>(() => {});
      },
    },
  ]);
  await supervisor.startAll();
  expect(await supervisor.control("deaf", "stop")).toMatchObject({ accepted: true, state: "stuck" });
});

test("a health function that throws harms nothing", () => {
  const { supervisor } = supervise([
    {
      ...steady("h"),
      health: () => {
        throw new Error("oops");
      },
    },
  ]);
  expect(supervisor.statuses()).toMatchObject([{ extra: { extra_error: "oops" } }]);
});
