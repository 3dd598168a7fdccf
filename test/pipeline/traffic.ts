import { createHash } from "node:crypto";
import { encodeRecord } from "#events/journal-record.ts";
import type { JournalRecord } from "#events/record.ts";

const START_MS = Date.UTC(2026, 6, 19, 14, 22, 31);
const DECKIES = ["quill-07", "gate-01", "mail-02"];
const SECRETS = ["123456", "admin]", 'a"b', ""];

/** The n-th record of an endless run: connections that log in, type and go, from thirteen addresses. */
export function trafficRecord(n: number): JournalRecord {
  const visit = Math.floor(n / 5);
  const step = n % 5;
  const ip = `192.0.2.${1 + (visit % 13)}`;
  const at = new Date(START_MS + n * 7).toISOString();
  const common = {
    src_ip: ip,
    src_port: String(1024 + (visit % 60_000)),
    conn: visit.toString(16).padStart(16, "0"),
  };
  return {
    timestamp: at.slice(0, 19).replace("T", " "),
    decky: DECKIES[visit % DECKIES.length] ?? "",
    service: "ssh",
    event_type: ["connect", "auth_attempt", "auth_attempt", "command", "disconnect"][step] ?? "",
    attacker_ip: ip,
    fields: { ...common, ...fieldsOf(step, visit) },
    msg: "",
    raw_line: `<134>1 ${at} record ${n}`,
    v: 1,
    id: createHash("sha256").update(`traffic ${n}`).digest("hex").slice(0, 32),
    time: `${at.slice(0, 23)}000Z`,
    time_source: "line",
    received: `${at.slice(0, 23)}000000Z`,
    attribution: "field",
    origin: "attacker",
    source: { kind: "process", host: "h1", container: "c1", stream: "stdout" },
  };
}

function fieldsOf(step: number, visit: number): Readonly<Record<string, string>> {
  const secret = SECRETS[(visit + step) % SECRETS.length] ?? "";
  if (step === 1 || step === 2) {
    const secret_b64 = Buffer.from(secret).toString("base64");
    return { principal: "root", secret_b64, outcome: step === 1 ? "failure" : "success" };
  }
  if (step === 3) return { cmd: `echo ${visit}`, n: "0", channel: "shell", known: "true" };
  return step === 4 ? { duration_ms: "28", bytes_in: "3", bytes_out: "5" } : {};
}

/** Journal lines of records `from` … `to` − 1. */
export function trafficLines(from: number, to: number): Uint8Array {
  let text = "";
  for (let n = from; n < to; n += 1) text += `${encodeRecord(trafficRecord(n))}\n`;
  return Buffer.from(text);
}
