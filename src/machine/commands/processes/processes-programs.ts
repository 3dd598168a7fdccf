import type { Program } from "../command.ts";
import { killPrograms } from "./kill.ts";
import { launchPrograms } from "./launch.ts";
import { pgrepPrograms } from "./pgrep.ts";
import { psPrograms } from "./ps.ts";
import { sleepPrograms } from "./sleep.ts";
import { timeoutPrograms } from "./timeout.ts";
import { topPrograms } from "./top.ts";

/** Programs that look at, start and end processes. */
export const processesPrograms: readonly Program[] = [
  ...killPrograms,
  ...launchPrograms,
  ...pgrepPrograms,
  ...psPrograms,
  ...sleepPrograms,
  ...timeoutPrograms,
  ...topPrograms,
];
