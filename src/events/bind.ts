import { parseAddress } from "./address.ts";
import { defined } from "./defined.ts";
import { timeToMs } from "./line-time.ts";
import { standIn } from "./parse.ts";
import {
  type Attribution,
  type Flag,
  type JournalRecord,
  type OpenSession,
  type Origin,
  type ParsedLine,
  type RecordSource,
  type SourceFacts,
  UNKNOWN_IP,
} from "./record.ts";
import { createFields } from "./structured-data.ts";

/** What binding needs to know besides the source. */
export interface BindingContext {
  /** From `recordId`. */
  readonly id: string;
  /** Recorded sessions that are open in this container. */
  readonly openSessions: readonly OpenSession[];
  /** Is this the slug of a service in the catalogue? */
  isSlug(name: string): boolean;
  originOf(type: string): Origin;
  /** What the host saw happen to the line: `line_cut`, `utf8_replaced`, `late`. */
  readonly flags?: readonly Flag[];
  /** Full length of a line that was cut. */
  readonly rawBytes?: number;
  /** A `traceparent` is kept only while tracing is on. */
  readonly tracing?: boolean;
}

/** Further apart, the clock of a line and the host's do not tell the same time. */
const MAX_SKEW_MS = 300_000;
const MAX_SID_LENGTH = 64;

/** Joins what a line says with what the host knows. Identity comes from the host alone. */
export function bindIdentity(parsed: ParsedLine, facts: SourceFacts, context: BindingContext): JournalRecord {
  const fields = wellFormed(parsed.fields);
  const peer = bindPeer(parsed, facts, context.openSessions);
  const isUntimed = parsed.time_source === "received";
  const time = isUntimed ? standIn(facts.received) : parsed;
  const flags = collectFlags(parsed, facts, context, fields !== parsed.fields);
  return defined<JournalRecord>({
    timestamp: time.timestamp,
    decky: facts.decky,
    service: facts.service,
    event_type: parsed.event_type,
    attacker_ip: peer.ip,
    fields,
    msg: parsed.msg,
    raw_line: parsed.raw_line,
    v: 1,
    id: context.id,
    time: time.time,
    time_source: parsed.time_source,
    received: facts.received,
    attribution: peer.attribution,
    origin: context.originOf(parsed.event_type),
    source: sourceOf(facts),
    severity: parsed.severity,
    app: parsed.service === facts.service ? undefined : parsed.service,
    procid: parsed.procid,
    claimed: claims(parsed, facts, context, peer.claimedIp),
    sid: peer.sid ?? sidOf(fields),
    seq: parsed.seq,
    command: parsed.command,
    flags: flags.length === 0 ? undefined : flags,
    raw_bytes: context.rawBytes,
    traceparent: context.tracing === true ? parsed.traceparent : undefined,
  });
}

interface Peer {
  readonly ip: string;
  readonly attribution: Attribution;
  readonly sid?: string;
  readonly claimedIp?: string;
}

function bindPeer(parsed: ParsedLine, facts: SourceFacts, openSessions: readonly OpenSession[]): Peer {
  const hint = withoutOwnAddress(parsed, facts.addresses);
  if (parsed.event_type !== "command" || hint.attribution === "field") return hint;
  const session = onlySession(parsed, openSessions);
  if (session === undefined) return hint;
  const isOther = hint.ip !== UNKNOWN_IP && hint.ip !== session.ip;
  return {
    ip: session.ip,
    attribution: "session",
    sid: session.sid,
    ...(isOther ? { claimedIp: hint.ip } : {}),
  };
}

/** Text that names the decky itself names no attacker. */
function withoutOwnAddress(parsed: ParsedLine, addresses: readonly string[]): Peer {
  const { attacker_ip: ip, attribution } = parsed;
  const isHint = attribution === "message_kv" || attribution === "prose";
  if (isHint && addresses.some((own) => (parseAddress(own)?.ip ?? own) === ip)) {
    return { ip: UNKNOWN_IP, attribution: "none" };
  }
  return { ip, attribution };
}

/** The one session that can have caused a command; several or none tell nothing. */
function onlySession(parsed: ParsedLine, openSessions: readonly OpenSession[]): OpenSession | undefined {
  const user = parsed.command?.user;
  const stated = sidOf(parsed.fields);
  let only: OpenSession | undefined;
  for (const session of openSessions) {
    if (user !== undefined && session.user !== undefined && user !== session.user) continue;
    if (only !== undefined) return undefined;
    only = session;
  }
  // A line that names its session itself belongs to no other.
  return only !== undefined && stated !== undefined && stated !== only.sid ? undefined : only;
}

function sidOf(fields: Readonly<Record<string, string>>): string | undefined {
  const sid = fields["sid"];
  return sid === undefined || sid === "" || sid.length > MAX_SID_LENGTH ? undefined : sid;
}

function claims(
  parsed: ParsedLine,
  facts: SourceFacts,
  context: BindingContext,
  ip: string | undefined,
): JournalRecord["claimed"] {
  const host = parsed.decky;
  const isOtherDecky = host !== "-" && host !== facts.decky && !facts.aliases.includes(host);
  const isOtherService = parsed.service !== facts.service && context.isSlug(parsed.service);
  if (!isOtherDecky && !isOtherService && ip === undefined) return undefined;
  return defined<Claims>({
    decky: isOtherDecky ? host : undefined,
    service: isOtherService ? parsed.service : undefined,
    ip,
  });
}

type Claims = NonNullable<JournalRecord["claimed"]>;

const sourceOf = (facts: SourceFacts): RecordSource =>
  defined<RecordSource>({
    kind: facts.kind,
    host: facts.host,
    container: facts.container?.slice(0, 12),
    name: facts.name,
    stream: facts.stream,
  });

function collectFlags(
  parsed: ParsedLine,
  facts: SourceFacts,
  context: BindingContext,
  wasReplaced: boolean,
): readonly Flag[] {
  const flags = new Set<Flag>([...(parsed.flags ?? []), ...(context.flags ?? [])]);
  if (wasReplaced) flags.add("utf8_replaced");
  const isSkewed =
    parsed.time_source === "line" && Math.abs(timeToMs(parsed.time) - timeToMs(facts.received)) > MAX_SKEW_MS;
  if (isSkewed) flags.add("clock_skew");
  return [...flags];
}

/** A journal is UTF-8: what an escape of an unpaired surrogate left becomes U+FFFD. */
function wellFormed(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let isWhole = true;
  for (const key in fields) isWhole &&= key.isWellFormed() && (fields[key] ?? "").isWellFormed();
  if (isWhole) return fields;
  const replaced = createFields();
  for (const key in fields) replaced[key.toWellFormed()] = (fields[key] ?? "").toWellFormed();
  return replaced;
}
