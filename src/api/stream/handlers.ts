import { seesSecrets } from "../auth/sees-secrets.ts";
import { searchTerms } from "../logs/filter.ts";
import { type Handled, handle, replied } from "../route.ts";
import { StreamClient } from "./client.ts";
import { type StreamTopic, stream, streamTopics } from "./contract.ts";

const RETRY_MS = 3000;

export const streamHandlers: readonly Handled[] = [
  handle(stream, ({ api, caller, request, reply }, { query }) => {
    const withSecrets = seesSecrets(api, caller);
    const terms = query.search === undefined ? null : searchTerms(api, caller, query.search);
    const header = request.headers["last-event-id"];
    const lastEventId = (Array.isArray(header) ? header[0] : header) ?? query.lastEventId;
    const asked = new Set(query.topics.split(","));
    api.stream.reserve(caller.user.uuid);
    const options = {
      caller,
      withSecrets,
      topics: new Set(streamTopics.filter((topic: StreamTopic) => asked.has(topic))),
      terms: terms === null || terms.length === 0 ? null : terms,
      filterKey: `${withSecrets} ${query.search ?? ""}`,
    };
    const client = new StreamClient(reply.raw, options, api.clock);
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort()).on("error", () => gone.abort());
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    reply.raw.write(`retry: ${RETRY_MS}\n\n`);
    void api.stream.attach(client, lastEventId, gone.signal);
    return Promise.resolve(replied);
  }),
];
