import { createHash } from "node:crypto";
import type { JournalRecord } from "#events/record.ts";

const START_MS = Date.UTC(2026, 6, 19, 14, 22, 31);

/** A well-formed record; the n-th of a run has its own id and a time a little behind the one before. */
export function record(n: number, changes: Partial<JournalRecord> = {}): JournalRecord {
  const at = new Date(START_MS + n * 10).toISOString();
  const time = `${at.slice(0, 23)}000Z`;
  return {
    timestamp: at.slice(0, 19).replace("T", " "),
    decky: "quill-07",
    service: "ssh",
    event_type: "auth",
    attacker_ip: "192.0.2.41",
    fields: { src_ip: "192.0.2.41", conn: "00000000000000aa" },
    msg: "",
    raw_line: `<134>1 line ${n}`,
    v: 1,
    id: createHash("sha256").update(`record ${n}`).digest("hex").slice(0, 32),
    time,
    time_source: "line",
    received: `${at.slice(0, 23)}000000Z`,
    attribution: "field",
    origin: "attacker",
    source: { kind: "process", host: "h1", container: "c1", stream: "stdout" },
    ...changes,
  };
}

export const line = (n: number, changes: Partial<JournalRecord> = {}): string =>
  JSON.stringify(record(n, changes));

/** An attempt to log in, as a decoy writes it. */
export function login(
  n: number,
  secret: Uint8Array | string,
  { ip = "192.0.2.41", ...fields }: Readonly<Record<string, string>> = {},
): JournalRecord {
  return record(n, {
    attacker_ip: ip,
    fields: {
      src_ip: ip,
      principal: "root",
      secret_b64: Buffer.from(secret).toString("base64"),
      outcome: "failure",
      ...fields,
    },
  });
}
