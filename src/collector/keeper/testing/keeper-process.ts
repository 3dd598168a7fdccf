import { systemClock } from "#kernel/clock.ts";
import { silentLog } from "#kernel/log.ts";
import { createKeeper } from "../keeper.ts";

/** A keeper alone in its process, to be killed: `keeper-process.ts <drop> <artifacts>`. */
const [dropRoot = "", artifactsRoot = ""] = process.argv.slice(2);
const worker = createKeeper(
  {
    dropRoot,
    artifactsRoot,
    report: (report) => process.stdout.write(`${JSON.stringify(report)}\n`),
  },
  { artifactsMaxBytes: 1024 ** 3 },
);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.stdout.write("started\n");
await worker.run({ log: silentLog, clock: systemClock, progress: () => {} }, stop.signal);
