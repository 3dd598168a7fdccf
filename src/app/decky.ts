import { readFileSync } from "node:fs";
import { deckyConfigSchema } from "#decoys/persona.ts";
import { runDecky } from "#decoys/runtime/run.ts";
import { READY_LINE } from "#fleet/local/fleet.ts";
import { systemClock } from "#kernel/clock.ts";
import { createLog } from "#kernel/log.ts";
import { collectWhenIdle } from "#kernel/memory.ts";
import { createOpenShell } from "#machine/open-shell.ts";

/** The process of one local decky: reads its configuration, listens, and ends with its parent. */
export async function runDeckyProcess(configPath: string): Promise<void> {
  const config = deckyConfigSchema.parse(JSON.parse(readFileSync(configPath, "utf8")));
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
  // The parent holds the other end: when it dies, by whatever signal, this ends.
  process.stdin
    .on("end", () => stop.abort())
    .on("error", () => stop.abort())
    .resume();
  const log = createLog(`decky.${config.decky}`, "warn");
  const running = await runDecky(config, {
    log,
    clock: systemClock,
    signal: stop.signal,
    openShell: createOpenShell(log),
  });
  process.stderr.write(`${READY_LINE}\n`);
  collectWhenIdle();
  await running.stopped;
  process.exit(0);
}
