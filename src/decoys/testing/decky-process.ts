import { readFileSync } from "node:fs";
import { systemClock } from "#kernel/clock.ts";
import { createLog } from "#kernel/log.ts";
import { deckyConfigSchema } from "../persona.ts";
import { decoys } from "../registry.ts";
import { startDecky } from "../runtime/decky.ts";
import { containExceptions } from "../runtime/run.ts";
import { createFakeMachine } from "./fake-machine.ts";

const config = deckyConfigSchema.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const log = createLog("decky", "error");
const stop = new AbortController();
process.stdin.on("end", () => stop.abort()).resume();
process.on("SIGTERM", () => stop.abort());
containExceptions(log);
const running = await startDecky(config, {
  log,
  clock: systemClock,
  signal: stop.signal,
  decoys,
  machine: createFakeMachine(config.persona),
});
const ports = Object.fromEntries(running.ports.map(({ service, port }) => [service, port]));
process.stdout.write(`${JSON.stringify(ports)}\n`);
await running.stopped;
process.exit(0);
