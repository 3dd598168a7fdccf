import type * as z from "zod";
import type { Bus } from "#bus/contract.ts";
import type { Repositories } from "#store/repositories/index.ts";
import type { deckyShape } from "./deckies/contract.ts";
import type { healthShape, workersShape } from "./health/contract.ts";
import type { getTranscript } from "./transcripts/contract.ts";

export type ApiStore = Pick<
  Repositories,
  | "attackersRead"
  | "credentialsRead"
  | "eventsRead"
  | "outboxRead"
  | "people"
  | "sessionsRead"
  | "sightingsRead"
  | "statsRead"
>;

/** What the fleet knows of a decky; hits and last event come from the store. */
export type DeckyFact = Omit<z.input<typeof deckyShape>, "hits" | "last_event_at">;

export type HealthReport = z.input<typeof healthShape>;
export type WorkersReport = z.input<typeof workersShape>;
type TranscriptPart = z.input<typeof getTranscript.response>;

/** Recorded sessions. Names were checked against their patterns before a call. */
export interface Recordings {
  /** @returns null when this decky has no such recording */
  read(
    place: { readonly decky: string; readonly sid: string },
    range: { readonly offset: number; readonly limit: number },
  ): Promise<TranscriptPart | null>;
  /**
   * The lines of an asciicast v2 file, each with its LF.
   * @returns null when this decky has no such recording
   */
  cast(
    place: { readonly decky: string; readonly sid: string },
    options: { readonly follow: boolean; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<string> | null>;
}

/** What the API needs from the rest of the program; `app` gives it. */
export interface ApiDeps {
  readonly store: ApiStore;
  readonly bus: Pick<Bus, "subscribe">;
  readonly recordings: Recordings;
  deckies(): Promise<readonly DeckyFact[]> | readonly DeckyFact[];
  workers(): Promise<WorkersReport> | WorkersReport;
  health(): Promise<HealthReport> | HealthReport;
  /** Names of parts that are not ready yet; empty = ready. */
  waitingFor(): Promise<readonly string[]> | readonly string[];
  /** 32 bytes, see `openSecretKey`. */
  readonly secretKey: Uint8Array;
  /** Names that may stand before a colon in a search, from the event catalogues. */
  readonly eventFields: ReadonlySet<string>;
  /** Folder with the built dashboard; null serves the API alone. */
  readonly dashboardDir: string | null;
  readonly about: { readonly version: string; readonly store: string };
}
