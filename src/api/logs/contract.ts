import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import {
  addressText,
  count,
  deckyName,
  eventType,
  instant,
  pageOf,
  pageQuery,
  searchText,
  serviceName,
  timeQuery,
} from "../shapes.ts";

export const logEvent = z
  .strictObject({
    id: z.string().meta({ description: "32 hex digits, the same for the same line." }),
    seq: z.int().meta({ description: "Row number of the store; rises with arrival, never reused." }),
    time: instant.meta({ description: "As the line says; for display only." }),
    received: instant.meta({ description: "The host's clock; order and ranges use it." }),
    decky: z.string(),
    service: z.string(),
    event_type: z.string(),
    attacker_ip: z.string().nullable().meta({ description: "null when no address is known." }),
    attacker_uuid: z.string().nullable(),
    country_code: z.string().nullable(),
    attribution: z.enum(["field", "message_kv", "prose", "session", "none"]),
    origin: z.enum(["attacker", "passive", "active", "system"]),
    severity: z.int().nullable().meta({ description: "Syslog severity, 0 (worst) to 7." }),
    user: z.string().nullable(),
    session_id: z.string().nullable().meta({ description: "The recorder's session, if any." }),
    conn: z.string().nullable(),
    msg: z.string(),
    fields: z.record(z.string(), z.string()).meta({ description: "Written by the attacker: data only." }),
    benign: z.boolean(),
  })
  .meta({ id: "LogEvent" });

export const logFilter = {
  search: searchText.optional(),
  decky: deckyName.optional(),
  service: serviceName.optional(),
  event_type: eventType.optional(),
  attacker_ip: addressText.optional().meta({ description: "An address or a network." }),
  session_id: z.string().min(1).max(64).optional(),
  severity: z.coerce.number().int().min(0).max(7).optional().meta({
    description: "This severity or worse.",
  }),
  origin: z.enum(["attacker", "passive", "active", "system"]).optional(),
  ...timeQuery,
};

export const listLogs = defineRoute({
  id: "listLogs",
  method: "GET",
  path: "/logs",
  role: "viewer",
  tag: "logs",
  summary: "Events, newest first",
  query: z.strictObject({ ...logFilter, ...pageQuery, sort: z.enum(["-seq", "seq"]).default("-seq") }),
  response: pageOf("LogPage", logEvent),
  problems: ["bad_cursor", "query_timeout"],
  allowance: "search",
});

export const getLog = defineRoute({
  id: "getLog",
  method: "GET",
  path: "/logs/{id}",
  role: "viewer",
  tag: "logs",
  summary: "One event with its raw line and its neighbours",
  params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{32}$/) }),
  response: z
    .strictObject({
      ...logEvent.shape,
      raw_line: z
        .string()
        .nullable()
        .meta({ description: "null after retention, and for viewers where it holds a secret." }),
      time_source: z.enum(["line", "received"]),
      app: z.string().nullable(),
      procid: z.string().nullable(),
      flags: z.array(z.string()),
      claimed: z
        .record(z.string(), z.string())
        .nullable()
        .meta({ description: "What the line said it was, where that differs from its source." }),
      command: z.record(z.string(), z.string()).nullable(),
      source: z.strictObject({
        host: z.string(),
        container: z.string().nullable(),
        stream: z.string().nullable(),
      }),
      links: z.strictObject({
        attacker: z.string().nullable().meta({ description: "uuid" }),
        session: z.string().nullable().meta({ description: "session_id" }),
        neighbours: z.array(logEvent).meta({ description: "Up to 10 before and 10 after in the session." }),
      }),
    })
    .meta({ id: "LogDetail" }),
});

export const logHistogram = defineRoute({
  id: "logHistogram",
  method: "GET",
  path: "/logs/histogram",
  role: "viewer",
  tag: "logs",
  summary: "Events per interval, with the filters of the list",
  query: z.strictObject({
    ...logFilter,
    interval_minutes: z.coerce.number().int().min(1).max(1440).default(15),
    group_by: z.enum(["service", "decky", "event_type"]).optional(),
  }),
  response: z.array(
    z
      .strictObject({
        time: instant.meta({ description: "Begin of the interval." }),
        count,
        groups: z.record(z.string(), count).optional(),
      })
      .meta({ id: "HistogramBar" }),
  ),
  problems: ["query_timeout"],
  allowance: "search",
});

const facet = z.array(z.strictObject({ value: z.string(), count }).meta({ id: "FacetValue" }));

export const logFacets = defineRoute({
  id: "logFacets",
  method: "GET",
  path: "/logs/facets",
  role: "viewer",
  tag: "logs",
  summary: "The 20 most frequent values of each facet, with the filters of the list",
  query: z.strictObject(logFilter),
  response: z
    .strictObject({
      decky: facet,
      service: facet,
      event_type: facet,
      attacker: facet,
      country: facet,
      scanned: count.meta({ description: "Events that were counted." }),
      exact: z.boolean().meta({ description: "false: only the newest `scanned` events were counted." }),
    })
    .meta({ id: "LogFacets" }),
  problems: ["query_timeout"],
  allowance: "search",
});
