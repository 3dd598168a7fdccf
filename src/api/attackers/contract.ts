import * as z from "zod";
import { credentialPage, credentialSort } from "../credentials/contract.ts";
import { defineRoute } from "../declaration.ts";
import { commandPage, sessionFilter, sessionPage, sessionSort } from "../sessions/contract.ts";
import {
  count,
  deckyName,
  flag,
  instant,
  pageOf,
  pageQuery,
  searchText,
  serviceName,
  timeQuery,
  uuidParams,
} from "../shapes.ts";

const attackerShape = z
  .strictObject({
    uuid: z.string(),
    ip: z.string(),
    ip_version: z.int(),
    ip_scope: z.string().nullable(),
    confirmed: z.boolean().meta({ description: "false: only named in text or by a passive sensor." }),
    first_seen: instant,
    last_seen: instant,
    event_count: count,
    service_count: count,
    decky_count: count,
    session_count: count,
    credential_count: count,
    bounty_count: count,
    services: z.array(z.string()),
    deckies: z.array(z.string()).meta({ description: "In order of first contact." }),
    is_traversal: z.boolean(),
    traversal_path: z.string().nullable(),
    country_code: z.string().nullable(),
    asn: z.int().nullable(),
    as_name: z.string().nullable(),
    ptr_record: z.string().nullable(),
    activity: z.enum(["active", "passive", "inactive"]),
    behavior_class: z.string().nullable(),
    actor_kind: z.string().nullable(),
    benign: z.boolean(),
  })
  .meta({ id: "Attacker" });

export const listAttackers = defineRoute({
  id: "listAttackers",
  method: "GET",
  path: "/attackers",
  role: "viewer",
  tag: "attackers",
  summary: "Attackers with their profiles",
  query: z.strictObject({
    search: searchText.optional().meta({
      description: "Address, network, AS number (`AS64500`), country code or part of a name.",
    }),
    sort: z
      .enum(["recent", "active", "traversals", "-last_seen", "last_seen", "-first_seen", "-event_count"])
      .default("-last_seen")
      .meta({ description: "recent = -last_seen, active = -event_count, traversals = most deckies." }),
    service: serviceName.optional(),
    decky: deckyName.optional(),
    country: z
      .string()
      .regex(/^[A-Za-z]{2}$/)
      .optional(),
    asn: z.coerce.number().int().min(0).max(4_294_967_295).optional(),
    activity: z.enum(["active", "passive", "inactive"]).optional(),
    behavior_class: z.string().min(1).max(32).optional(),
    actor_kind: z.string().min(1).max(32).optional(),
    benign: flag.optional(),
    ...timeQuery,
    ...pageQuery,
  }),
  response: pageOf("AttackerPage", attackerShape),
  problems: ["bad_cursor", "query_timeout"],
});

const served = z
  .strictObject({
    service: z.string(),
    kind: z.enum(["interacted", "scanned"]),
    event_count: count,
    first_seen: instant,
    last_seen: instant,
  })
  .meta({ id: "ServiceActivity" });

export const getAttacker = defineRoute({
  id: "getAttacker",
  method: "GET",
  path: "/attackers/{uuid}",
  role: "viewer",
  tag: "attackers",
  summary: "One attacker",
  params: uuidParams,
  response: z
    .strictObject({
      ...attackerShape.shape,
      bgp_prefix: z.string().nullable(),
      service_activity: z.array(served),
      deckies_seen: z.array(
        z.strictObject({ decky: z.string(), event_count: count, first_seen: instant, last_seen: instant }),
      ),
      counts: z.strictObject({
        events: count,
        sessions: count,
        sessions_open: count,
        commands: count,
        credentials: count,
        artifacts: count,
      }),
    })
    .meta({ id: "AttackerDetail" }),
});

export const getAttackerByIp = defineRoute({
  id: "getAttackerByIp",
  method: "GET",
  path: "/attackers/by-ip/{ip}",
  role: "viewer",
  tag: "attackers",
  summary: "One attacker by address",
  params: z.strictObject({ ip: z.string().min(2).max(64) }),
  response: getAttacker.response,
});

export const listAttackerCommands = defineRoute({
  id: "listAttackerCommands",
  method: "GET",
  path: "/attackers/{uuid}/commands",
  role: "viewer",
  tag: "attackers",
  summary: "Commands of an attacker, in the order typed or newest first",
  params: uuidParams,
  query: z.strictObject({
    service: serviceName.optional(),
    session_id: z.string().min(1).max(64).optional(),
    search: searchText.optional(),
    ...pageQuery,
    sort: z.enum(["at", "-at"]).default("-at").meta({ description: "`at` = in the order typed." }),
  }),
  response: commandPage,
  problems: ["bad_cursor", "query_timeout"],
});

export const listAttackerSessions = defineRoute({
  id: "listAttackerSessions",
  method: "GET",
  path: "/attackers/{uuid}/sessions",
  role: "viewer",
  tag: "attackers",
  summary: "Sessions of an attacker, newest first",
  params: uuidParams,
  query: z.strictObject({ ...sessionFilter, ...pageQuery, sort: sessionSort }),
  response: sessionPage,
  problems: ["bad_cursor", "query_timeout"],
});

export const listAttackerCredentials = defineRoute({
  id: "listAttackerCredentials",
  method: "GET",
  path: "/attackers/{uuid}/credentials",
  role: "viewer",
  tag: "attackers",
  summary: "Secrets an attacker tried; masked for viewers",
  params: uuidParams,
  query: z.strictObject({ ...pageQuery, sort: credentialSort }),
  response: credentialPage,
  problems: ["bad_cursor", "query_timeout"],
});

export const attackerTimeline = defineRoute({
  id: "attackerTimeline",
  method: "GET",
  path: "/attackers/{uuid}/timeline",
  role: "viewer",
  tag: "attackers",
  summary: "What an attacker did, newest first: sessions, accepted log-ins and files in one list",
  params: uuidParams,
  query: z.strictObject(pageQuery),
  response: pageOf(
    "TimelinePage",
    z
      .strictObject({
        at: instant,
        kind: z.enum(["session", "login", "file"]),
        id: z.string().meta({ description: "session_id, credential id or event id, by kind." }),
        decky: z.string(),
        service: z.string(),
        ended_at: instant.nullable(),
        session_id: z.string().nullable(),
        detail: z.string().nullable().meta({ description: "User name or file name: attacker text." }),
        count: count.meta({
          description: "Commands of the session, attempts of the login, bytes of the file.",
        }),
      })
      .meta({ id: "TimelineItem" }),
  ),
  problems: ["bad_cursor", "query_timeout"],
});

export const listAttackerArtifacts = defineRoute({
  id: "listAttackerArtifacts",
  method: "GET",
  path: "/attackers/{uuid}/artifacts",
  role: "viewer",
  tag: "attackers",
  summary: "Files and mails an attacker left, newest first",
  params: uuidParams,
  query: z.strictObject(pageQuery),
  response: pageOf(
    "SightingPage",
    z
      .strictObject({
        event_id: z.string(),
        sha256: z.string(),
        kind: z.enum(["file", "mail", "body"]),
        decky: z.string(),
        service: z.string(),
        stored_as: z.string().nullable(),
        session_id: z.string().nullable(),
        orig_path: z.string().nullable(),
        method: z.string().nullable(),
        at: instant,
        size: count.nullable(),
        mime: z.string().nullable(),
        state: z.string().nullable().meta({ description: "present, missing or purged" }),
      })
      .meta({ id: "Sighting" }),
  ),
  problems: ["bad_cursor", "query_timeout"],
});
