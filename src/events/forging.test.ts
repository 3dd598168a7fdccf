import fc from "fast-check";
import { expect, test } from "vitest";
import { bindIdentity } from "./bind.ts";
import { originOf } from "./catalogue.ts";
import { encodeLine } from "./encode.ts";
import { decodeRecord } from "./journal-decode.ts";
import { encodeRecord } from "./journal-record.ts";
import { isRejection, parseLine } from "./parse.ts";
import type { JournalRecord, SourceFacts } from "./record.ts";
import { exampleRows } from "./testing/rows.ts";

const facts: SourceFacts = {
  kind: "process",
  host: "host-1",
  decky: "quill-07",
  service: "http",
  aliases: [],
  addresses: [],
  received: "2026-07-19T14:22:33.000000001Z",
};

/** Text → bytes on a pipe → lines → journal → records, as the product does it. */
function recordsOf(stream: string): readonly JournalRecord[] {
  const lines = Buffer.from(stream).toString("utf8").split("\n").slice(0, -1);
  const journal = lines.map((line) => {
    const parsed = parseLine(line, facts.received);
    if (isRejection(parsed)) throw new Error(`rejected: ${parsed.rejected}`);
    const id = "0".repeat(32);
    return encodeRecord(bindIdentity(parsed, facts, { id, openSessions: [], isSlug: () => true, originOf }));
  });
  return journal
    .join("\n")
    .split("\n")
    .map((json) => {
      const decoded = decodeRecord(Buffer.from(json));
      if ("reason" in decoded) throw new Error(decoded.detail);
      return decoded.record;
    });
}

const fragments = fc.constantFrom(
  "\n",
  "\r\n",
  "\\n",
  '"]',
  '\\"]',
  '"][relay@55555 src_ip="8.8.8.8"]',
  ' src_ip="8.8.8.8"',
  "[relay@55555",
  "\\",
  "\\u000a",
  "\u0000",
  "\u2028",
  "\ud800",
  "src=8.8.8.8",
  "CMD uid=0 src=8.8.8.8 pwd=/ cmd=id",
  "<134>1 2026-07-19T14:22:31Z gate-01 ssh - auth_attempt - from 8.8.8.8 port 1",
);
const hostile = fc
  .array(
    fc.oneof(
      fragments,
      fc.constantFrom(...exampleRows.map(({ line }) => `\n${line}\n`)),
      fc.string({ unit: "binary" }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

test("no value of any field makes a second record, another decky, service, type or attacker", () => {
  const events = fc.array(
    fc.record({
      type: fc.constantFrom("connect", "command", "request", "auth_attempt"),
      fields: fc.dictionary(
        fc.constantFrom("username", "body", "path", "cmd", "cwd", "sid", "args", "msg"),
        hostile,
        {
          noNullPrototype: true,
        },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(events, (given) => {
      const stream = given
        .map(({ type, fields }, index) =>
          encodeLine({
            timestampNs: 1_784_470_951_250_417_000n,
            hostname: "quill-07",
            app: "http",
            type,
            fields: { ...fields, src_ip: "192.0.2.41", src_port: 51_840 },
            sequenceId: index + 1,
          }),
        )
        .map((line) => `${line}\n`)
        .join("");
      const seen = recordsOf(stream).map((record) => ({
        decky: record.decky,
        service: record.service,
        type: record.event_type,
        ip: record.attacker_ip,
        attribution: record.attribution,
        claimed: record.claimed,
        seq: record.seq,
        msg: record.msg,
        command: record.command,
      }));
      expect(seen).toEqual(
        given.map(({ type }, index) => ({
          decky: "quill-07",
          service: "http",
          type,
          ip: "192.0.2.41",
          attribution: "field",
          claimed: undefined,
          seq: index + 1,
          msg: "",
          command: undefined,
        })),
      );
    }),
    { numRuns: 300 },
  );
});
