import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import { logEvent } from "../logs/contract.ts";
import { searchText } from "../shapes.ts";
import { statsShape } from "../stats/contract.ts";

export const streamTopics = ["logs", "stats", "attackers", "sessions"] as const;
export type StreamTopic = (typeof streamTopics)[number];

const topicList = z
  .string()
  .max(200)
  .regex(new RegExp(`^(?:${streamTopics.join("|")})(?:,(?:${streamTopics.join("|")}))*$`))
  .default("logs,stats")
  .meta({ description: `Comma-separated, of ${streamTopics.join(", ")}.` });

const typed = <T extends string, P extends z.ZodType>(topic: string, type: T, payload: P) =>
  z.strictObject({ topic: z.literal(topic), type: z.literal(type), ts: z.number(), payload });

const payload = z.record(z.string(), z.unknown());

/** What `data:` holds, by the name in `event:` (none for `message`). */
export const streamFrame = z
  .union([
    z
      .strictObject({ type: z.literal("logs"), data: z.array(logEvent) })
      .meta({ id: "LogsFrame", description: "No event name. Oldest first." }),
    z
      .strictObject({ type: z.literal("stats"), data: statsShape })
      .meta({ id: "StatsFrame", description: "No event name." }),
    typed("attackers", "attacker.observed", payload).meta({ id: "AttackerObservedFrame" }),
    typed("sessions", "session.started", payload).meta({ id: "SessionStartedFrame" }),
    typed("sessions", "session.ended", payload).meta({ id: "SessionEndedFrame" }),
    z
      .strictObject({ from: z.int(), to: z.int(), count: z.int(), reason: z.enum(["slow_client", "rate"]) })
      .meta({ id: "GapFrame", description: "event: gap. Events `from`..`to` (seq) are not shown here." }),
    z
      .strictObject({ reason: z.enum(["unknown_epoch", "too_old"]) })
      .meta({ id: "ResetFrame", description: "event: reset. Fetch everything again." }),
    z.strictObject({ reason: z.string() }).meta({
      id: "ByeFrame",
      description: "event: bye. The server closes: signed out, revoked or stopping.",
    }),
  ])
  .meta({ id: "StreamFrame" });

export const stream = defineRoute({
  id: "stream",
  method: "GET",
  path: "/stream",
  role: "viewer",
  tag: "stream",
  summary: "Live events; resumes after Last-Event-ID",
  query: z.strictObject({
    topics: topicList,
    search: searchText.optional().meta({ description: "Only for logs; the grammar of /logs." }),
    lastEventId: z
      .string()
      .max(64)
      .optional()
      .meta({ description: "For clients that cannot set the header." }),
  }),
  response: streamFrame,
  produces: "text/event-stream",
  problems: ["capacity"],
  allowance: "read",
});
