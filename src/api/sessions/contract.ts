import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import { logEvent } from "../logs/contract.ts";
import {
  addressText,
  count,
  deckyName,
  flag,
  instant,
  pageOf,
  pageQuery,
  searchText,
  serviceName,
  timeQuery,
  uuid,
} from "../shapes.ts";

export const sessionShape = z
  .strictObject({
    session_id: z.string(),
    sid: z.string().nullable().meta({ description: "The recorder's id; names the recording." }),
    conn: z.string().nullable(),
    decky: z.string(),
    service: z.string(),
    attacker_uuid: z.string().nullable(),
    attacker_ip: z.string().nullable(),
    country_code: z.string().nullable(),
    remote_port: z.int().nullable(),
    state: z.enum(["open", "closed"]),
    started_at: instant,
    last_event_at: instant,
    ended_at: instant.nullable(),
    duration_s: z.number(),
    end_reason: z.string().nullable(),
    event_count: count,
    command_count: count,
    auth_attempts: count,
    auth_failures: count,
    auth_success: count,
    login_user: z.string().nullable(),
    bytes_in: count,
    bytes_out: count,
    files_captured: count,
    mails_stored: count,
    hassh: z.string().nullable(),
    client_banner: z.string().nullable(),
    transcript: z.strictObject({
      available: z.boolean(),
      truncated: z.boolean(),
      bytes: count.nullable(),
      width: z.int().nullable(),
      height: z.int().nullable(),
    }),
    class: z.string().nullable(),
    last_command: z.string().nullable(),
    last_command_known: z.boolean().nullable(),
    revision: z.int(),
  })
  .meta({ id: "Session" });

export const commandShape = z
  .strictObject({
    id: z.string().meta({ description: "`<session_id>#<n>`" }),
    session_id: z.string(),
    attacker_uuid: z.string().nullable(),
    decky: z.string(),
    service: z.string(),
    n: z.int(),
    at: instant,
    command_text: z.string().meta({ description: "Typed by the attacker: data only." }),
    truncated: z.boolean(),
    uid: z.string().nullable(),
    user: z.string().nullable(),
    src: z.string().nullable(),
    pwd: z.string().nullable(),
    exit_code: z.int().nullable(),
    known: z.boolean().nullable().meta({ description: "Whether the decoy had an answer." }),
    event_seq: z.int(),
  })
  .meta({ id: "Command" });

export const commandPage = pageOf("CommandPage", commandShape);
export const sessionPage = pageOf("SessionPage", sessionShape);

export const sessionFilter = {
  decky: deckyName.optional(),
  service: serviceName.optional(),
  state: z.enum(["open", "closed"]).optional(),
  class: z.string().min(1).max(32).optional(),
  has_transcript: flag.optional(),
  min_commands: z.coerce.number().int().min(0).max(1_000_000).optional(),
  ...timeQuery,
};

export const sessionSort = z.enum(["-started_at", "started_at"]).default("-started_at");

export const listSessions = defineRoute({
  id: "listSessions",
  method: "GET",
  path: "/sessions",
  role: "viewer",
  tag: "sessions",
  summary: "Sessions by start, newest first",
  query: z.strictObject({
    attacker: z.union([uuid, addressText]).optional().meta({ description: "uuid or address" }),
    ...sessionFilter,
    ...pageQuery,
    sort: sessionSort,
  }),
  response: sessionPage,
  problems: ["bad_cursor", "query_timeout"],
});

const sessionParams = z.strictObject({ id: z.string().min(1).max(64) });

export const getSession = defineRoute({
  id: "getSession",
  method: "GET",
  path: "/sessions/{id}",
  role: "viewer",
  tag: "sessions",
  summary: "One session",
  params: sessionParams,
  response: sessionShape,
});

export const listSessionCommands = defineRoute({
  id: "listSessionCommands",
  method: "GET",
  path: "/sessions/{id}/commands",
  role: "viewer",
  tag: "sessions",
  summary: "Commands of a session in order",
  params: sessionParams,
  query: z.strictObject({ search: searchText.optional(), ...pageQuery }),
  response: commandPage,
  problems: ["bad_cursor", "query_timeout"],
});

export const listSessionEvents = defineRoute({
  id: "listSessionEvents",
  method: "GET",
  path: "/sessions/{id}/events",
  role: "viewer",
  tag: "sessions",
  summary: "Events of a session in order",
  params: sessionParams,
  query: z.strictObject(pageQuery),
  response: pageOf("SessionEventPage", logEvent),
  problems: ["bad_cursor", "query_timeout"],
});
