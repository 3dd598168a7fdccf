import type { EventRow } from "#store/evidence.ts";
import { attackerUuid } from "#store/ids.ts";
import type { ArtifactSightingsTable } from "#store/schema.ts";
import { cutText } from "../cut.ts";

const SHA256 = /^[0-9a-f]{64}$/;
const STORED_AS = /^\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\dZ_[0-9a-f]{12}_[A-Za-z0-9._-]{1,255}$/;

/** Event types that say "these bytes are in quarantine" when they carry `stored_as` and `sha256`. */
const KINDS: ReadonlyMap<string, ArtifactSightingsTable["kind"]> = new Map([
  ["file_captured", "file"],
  ["upload", "file"],
  ["message_stored", "mail"],
  ["http_request", "body"],
  ["request", "body"],
]);

export interface Sighting {
  readonly row: ArtifactSightingsTable;
  readonly size: number | null;
  readonly mime: string | null;
}

export function sightingOf(event: EventRow, fields: Readonly<Record<string, string>>): Sighting | undefined {
  const kind = KINDS.get(event.event_type);
  const { sha256, stored_as: storedAs } = fields as { readonly sha256?: string; readonly stored_as?: string };
  if (kind === undefined || sha256 === undefined || storedAs === undefined) return undefined;
  if (!SHA256.test(sha256) || !STORED_AS.test(storedAs)) return undefined;
  const size = Number(fields["size"]);
  return {
    row: {
      event_id: event.id,
      sha256,
      kind,
      decky: event.decky,
      service: event.service,
      stored_as: storedAs,
      attacker_uuid: event.attacker_ip === null ? null : attackerUuid(event.attacker_ip),
      sid: event.sid,
      orig_path: optional(fields["orig_path"], 4096),
      method: optional(fields["method"], 32),
      attribution: optional(fields["attribution"], 32),
      writer_comm: optional(fields["writer_comm"], 64),
      at: event.received,
    },
    size: Number.isSafeInteger(size) && size >= 0 && fields["size"] !== "" ? size : null,
    mime: optional(fields["mime"], 128),
  };
}

const optional = (text: string | undefined, max: number): string | null =>
  text === undefined ? null : cutText(text, max);
