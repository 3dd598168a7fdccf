import type { z } from "zod";
import { type AttackerCounts, type AttackerRow, activityOf } from "#store/repositories/attackers-read.ts";
import type { SightingRow, TimelineRow } from "#store/repositories/sightings-read.ts";
import { instantOf, instantOrNull } from "../paging/time-range.ts";
import type { attackerTimeline, getAttacker, listAttackerArtifacts, listAttackers } from "./contract.ts";

type Attacker = z.input<typeof listAttackers.response>["data"][number];

export const showAttacker = (row: AttackerRow, nowUs: number): Attacker => ({
  uuid: row.uuid,
  ip: row.ip,
  ip_version: row.ip_version,
  ip_scope: row.ip_scope,
  confirmed: row.confirmed !== 0,
  first_seen: instantOf(row.first_seen),
  last_seen: instantOf(row.last_seen),
  event_count: row.event_count,
  service_count: row.service_count,
  decky_count: row.decky_count,
  session_count: row.session_count,
  credential_count: row.credential_count,
  bounty_count: row.bounty_count,
  services: row.services.map(({ service }) => service),
  deckies: row.deckies.map(({ decky }) => decky),
  is_traversal: row.is_traversal !== 0,
  traversal_path: row.traversal_path,
  country_code: row.country_code,
  asn: row.asn,
  as_name: row.as_name,
  ptr_record: row.ptr_record,
  activity: activityOf(row, nowUs),
  behavior_class: row.behavior_class,
  actor_kind: row.actor_kind,
  benign: row.benign !== 0,
});

export const showAttackerDetail = (
  row: AttackerRow,
  counts: AttackerCounts,
  nowUs: number,
): z.input<typeof getAttacker.response> => ({
  ...showAttacker(row, nowUs),
  bgp_prefix: row.bgp_prefix,
  service_activity: row.services.map((seen) => ({
    service: seen.service,
    kind: seen.interacted === 0 ? "scanned" : "interacted",
    event_count: seen.count,
    first_seen: instantOf(seen.first_seen),
    last_seen: instantOf(seen.last_seen),
  })),
  deckies_seen: row.deckies.map((seen) => ({
    decky: seen.decky,
    event_count: seen.count,
    first_seen: instantOf(seen.first_seen),
    last_seen: instantOf(seen.last_seen),
  })),
  counts: {
    events: row.event_count,
    sessions: row.session_count,
    sessions_open: counts.sessions_open,
    commands: row.command_count,
    credentials: row.credential_count,
    artifacts: counts.artifacts,
  },
});

export const showTimeline = (
  row: TimelineRow,
): z.input<typeof attackerTimeline.response>["data"][number] => ({
  at: instantOf(row.at),
  kind: row.kind,
  id: row.id,
  decky: row.decky,
  service: row.service,
  ended_at: instantOrNull(row.ended_at),
  session_id: row.session_id,
  detail: row.detail,
  count: row.count,
});

export const showSighting = (
  row: SightingRow,
): z.input<typeof listAttackerArtifacts.response>["data"][number] => ({
  event_id: Buffer.from(row.event_id).toString("hex"),
  sha256: row.sha256,
  kind: row.kind,
  decky: row.decky,
  service: row.service,
  stored_as: row.stored_as,
  session_id: row.session_id,
  orig_path: row.orig_path,
  method: row.method,
  at: instantOf(row.at),
  size: row.size,
  mime: row.mime,
  state: row.state,
});
