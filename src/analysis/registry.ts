import type { Consumer } from "./contract.ts";
import { profileConsumer } from "./profile/index.ts";
import { sessionsConsumer } from "./sessions/index.ts";
import type { AnalysisSettings } from "./settings.ts";
import { statsConsumer } from "./stats/index.ts";

/** One line per consumer of the worker `profiler`. */
export const profilerConsumers = (settings: AnalysisSettings): readonly Consumer[] => [
  sessionsConsumer({ gapS: settings.sessionGapS, lostS: settings.sessionLostS }),
  profileConsumer,
  statsConsumer,
];
