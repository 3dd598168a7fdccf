import { journalSettings } from "#journal/settings.ts";
import { systemClock } from "#kernel/clock.ts";
import { createLog } from "#kernel/log.ts";
import { createCollector } from "../collector.ts";
import { collectorSettings } from "../settings.ts";

/** `node collector-program.ts '{"dataDir": …, "settings": {…}, "journal": {…}}'`: one collector, ended by SIGTERM. */
const { dataDir, settings, journal } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly dataDir: string;
  readonly settings?: object;
  readonly journal?: object;
};

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

const collector = createCollector(
  { bus: { publish: () => {} }, facts: () => undefined, isSlug: () => false },
  {
    settings: collectorSettings.parse({ diskMinFreeMb: 0, ...settings }),
    journal: journalSettings.parse({ ...journal }),
    dataDir,
    host: "host-1",
  },
);
process.stdout.write("started\n");
await collector.run(
  { log: createLog("collector", "warn"), clock: systemClock, progress: () => {} },
  stop.signal,
);
process.stdout.write(`${JSON.stringify(collector.counters.total())}\n`);
