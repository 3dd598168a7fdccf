import { attackerHandlers } from "./attackers/handlers.ts";
import { authHandlers } from "./auth/handlers.ts";
import { credentialHandlers } from "./credentials/handlers.ts";
import { deckyHandlers } from "./deckies/handlers.ts";
import { healthHandlers } from "./health/handlers.ts";
import { logHandlers } from "./logs/handlers.ts";
import type { Handled } from "./route.ts";
import { sessionHandlers } from "./sessions/handlers.ts";
import { statsHandlers } from "./stats/handlers.ts";
import { streamHandlers } from "./stream/handlers.ts";
import { transcriptHandlers } from "./transcripts/handlers.ts";

/** What answers each route, one line per resource. */
export const handlers: readonly Handled[] = [
  ...authHandlers,
  ...logHandlers,
  ...statsHandlers,
  ...attackerHandlers,
  ...sessionHandlers,
  ...transcriptHandlers,
  ...credentialHandlers,
  ...deckyHandlers,
  ...streamHandlers,
  ...healthHandlers,
];
