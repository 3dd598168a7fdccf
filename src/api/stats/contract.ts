import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import { count, instant, sinceShape } from "../shapes.ts";

export const statsShape = z
  .strictObject({
    total_logs: count,
    unique_attackers: count,
    active_deckies: count.meta({ description: "Running now." }),
    deployed_deckies: count,
    sessions_open: count,
    credentials: count,
    artifacts: count,
  })
  .meta({ id: "Stats" });

export const getStats = defineRoute({
  id: "getStats",
  method: "GET",
  path: "/stats",
  role: "viewer",
  tag: "stats",
  summary: "The numbers of the overview",
  response: statsShape,
});

const metric = z.enum(["events", "attackers", "sessions", "credentials"]);

export const statsTimeseries = defineRoute({
  id: "statsTimeseries",
  method: "GET",
  path: "/stats/timeseries",
  role: "viewer",
  tag: "stats",
  summary: "One number over time; attackers, sessions and credentials count by first sight",
  query: z.strictObject({
    metric: metric.default("events"),
    window: sinceShape.default("24h"),
    interval: z.coerce.number().int().min(60).max(86_400).optional().meta({
      description: "Seconds, whole minutes; without: about 60 points.",
    }),
  }),
  response: z
    .strictObject({
      metric,
      window: sinceShape,
      interval_s: z.int(),
      points: z.array(z.strictObject({ time: instant, value: count })),
    })
    .meta({ id: "Timeseries" }),
  problems: ["query_timeout"],
});

const topic = z.enum([
  "attackers",
  "usernames",
  "passwords",
  "services",
  "deckies",
  "commands",
  "countries",
  "asns",
]);

export const statsTop = defineRoute({
  id: "statsTop",
  method: "GET",
  path: "/stats/top",
  role: "viewer",
  tag: "stats",
  summary: "The most frequent values of a kind",
  query: z.strictObject({
    what: topic,
    window: sinceShape.optional().meta({
      description: "Services and deckies: events in it. Others: totals of what was seen in it.",
    }),
    limit: z.coerce.number().int().min(1).max(100).default(10),
  }),
  response: z
    .strictObject({
      what: topic,
      data: z.array(
        z
          .strictObject({
            value: z
              .string()
              .nullable()
              .meta({ description: "Attacker text for some kinds; null when masked." }),
            count,
            attackers: count.nullable(),
            uuid: z.string().nullable().meta({ description: "Of the attacker, for what=attackers." }),
            country_code: z.string().nullable(),
            last_seen: instant.nullable(),
          })
          .meta({ id: "TopValue" }),
      ),
    })
    .meta({ id: "Top" }),
  problems: ["query_timeout"],
});
