import type { Program } from "../command.ts";
import { datePrograms } from "./date.ts";
import { envPrograms } from "./env.ts";
import { getentPrograms } from "./getent.ts";
import { hostnamePrograms } from "./hostname.ts";
import { idPrograms } from "./id.ts";
import { lastPrograms } from "./last.ts";
import { releasePrograms } from "./release.ts";
import { unamePrograms } from "./uname.ts";
import { uptimePrograms } from "./uptime.ts";
import { whoPrograms } from "./who.ts";

/** Programs that say who, where and when one is. */
export const identityPrograms: readonly Program[] = [
  ...datePrograms,
  ...envPrograms,
  ...getentPrograms,
  ...hostnamePrograms,
  ...idPrograms,
  ...lastPrograms,
  ...releasePrograms,
  ...unamePrograms,
  ...uptimePrograms,
  ...whoPrograms,
];
