import { Readable } from "node:stream";
import { audit } from "../audit.ts";
import type { Recordings } from "../deps.ts";
import { ProblemError } from "../errors.ts";
import { type Handled, handle, replied } from "../route.ts";
import { getCast, getTranscript } from "./contract.ts";

/** Casts that may be followed at once; each holds a connection open. */
const MAX_FOLLOWED = 50;
let followed = 0;

type Place = Parameters<Recordings["read"]>[0];

/** Names become parts of a path: what does not fit the pattern is refused before anything is looked up. */
function placeOf({ decky, sid }: { decky: string; sid: string }): Place {
  if (!/^[a-z0-9][a-z0-9_-]{0,79}$/u.test(decky)) throw new ProblemError("bad_name", "This names no decky.");
  if (!/^[0-9a-f-]{36}$/u.test(sid)) throw new ProblemError("bad_name", "This names no recording.");
  return { decky, sid };
}

const missing = (): ProblemError => new ProblemError("not_found", "This decky has no such recording.");

export const transcriptHandlers: readonly Handled[] = [
  handle(getTranscript, async ({ api }, { params, query }) => {
    const part = await api.recordings.read(placeOf(params), query);
    if (part === null) throw missing();
    return part;
  }),

  handle(getCast, async (call, { params, query }) => {
    const { api, caller, reply } = call;
    const place = placeOf(params);
    const follow = query.follow === "true";
    if (follow && followed >= MAX_FOLLOWED)
      throw new ProblemError("capacity", `At most ${MAX_FOLLOWED} recordings are followed at once.`);
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const lines = await api.recordings.cast(place, { follow, signal: gone.signal });
    if (lines === null) throw missing();
    await audit(call, { caller, action: getCast.id, result: "ok" });
    if (follow) {
      followed += 1;
      reply.raw.once("close", () => {
        followed -= 1;
      });
    }
    void reply
      .type("application/x-asciicast")
      .headers({ "cache-control": "no-store", "x-accel-buffering": "no" })
      .send(Readable.from(lines, { objectMode: true, highWaterMark: 16 }));
    return replied;
  }),
];
