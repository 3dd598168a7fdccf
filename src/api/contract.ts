import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { Authentication } from "./auth/authentication.ts";
import type { ApiDeps } from "./deps.ts";
import type { Cursors } from "./paging/cursor.ts";
import type { ApiSettings } from "./settings.ts";
import type { StreamHub } from "./stream/hub.ts";

/** Everything a handler may use. */
export interface Api extends ApiDeps {
  readonly settings: ApiSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly authentication: Authentication;
  readonly cursors: Cursors;
  readonly stream: StreamHub;
}
