import { describe, expect, test } from "vitest";
import { type BindingContext, bindIdentity } from "./bind.ts";
import { originOf } from "./catalogue.ts";
import { isRejection, parseLine } from "./parse.ts";
import type { JournalRecord, OpenSession, SourceFacts } from "./record.ts";
import { exampleRows, H } from "./testing/rows.ts";

const facts: SourceFacts = {
  kind: "docker",
  host: "host-1",
  container: "5f3c9a0000000000",
  name: "quill-07-http",
  stream: "stdout",
  decky: "quill-07",
  service: "http",
  aliases: ["SRV-WEB-2"],
  addresses: [],
  received: "2026-07-19T14:22:33.000000001Z",
};

const context: BindingContext = {
  id: "18c3b6e029519b0111f556fd0c481120",
  openSessions: [],
  isSlug: (name) => ["ssh", "http", "snmp", "telnet"].includes(name),
  originOf,
};

const row = (n: number): string => exampleRows.find((example) => example.row === n)?.line ?? "";

function bind(
  line: string,
  source: Partial<SourceFacts> = {},
  more: Partial<BindingContext> = {},
): JournalRecord {
  const parsed = parseLine(line);
  if (isRejection(parsed)) throw new Error(`rejected: ${parsed.rejected}`);
  return bindIdentity(parsed, { ...facts, ...source }, { ...context, ...more });
}

const session = (ip: string, more: Partial<OpenSession> = {}): OpenSession => ({ sid: "s1", ip, ...more });

describe("identity", () => {
  test("a forged line on stdout stays what its container is; its address is a hint", () => {
    const line = "<134>1 2026-07-19T14:22:31Z gate-01 bash - command - CMD uid=0 src=8.8.8.8 cmd=id";
    expect(bind(line)).toEqual({
      timestamp: "2026-07-19 14:22:31",
      decky: "quill-07",
      service: "http",
      event_type: "command",
      attacker_ip: "8.8.8.8",
      fields: Object.create(null) as object,
      msg: "CMD uid=0 src=8.8.8.8 cmd=id",
      raw_line: line,
      v: 1,
      id: context.id,
      time: "2026-07-19T14:22:31.000000Z",
      time_source: "line",
      received: facts.received,
      attribution: "message_kv",
      origin: "attacker",
      source: {
        kind: "docker",
        host: "host-1",
        container: "5f3c9a000000",
        name: "quill-07-http",
        stream: "stdout",
      },
      severity: 6,
      app: "bash",
      claimed: { decky: "gate-01" },
      command: { text: "id", uid: "0", src: "8.8.8.8" },
    });
  });

  test("an alias is no claim; the slug of another service is one", () => {
    const record = bind(row(3).replace("quill-07", "SRV-WEB-2"));
    expect([record.decky, record.app, record.claimed, record.origin]).toEqual([
      "quill-07",
      "snmp",
      { service: "snmp" },
      "system",
    ]);
  });

  test("a helper of the service speaks for it", () => {
    const record = bind(row(58), { service: "telnet" });
    expect([record.service, record.app, record.sid, record.claimed]).toEqual([
      "telnet",
      "sessrec",
      "4d0c6f0a-52e1-4b8e-9d4f-6a1f0b3c7e21",
      undefined,
    ]);
  });

  test("a nil HOSTNAME claims nothing", () => {
    expect(bind(`${H.replace("quill-07", "-")} http - e -`)).not.toHaveProperty("claimed");
  });

  test("the address of the decky itself is nobody's", () => {
    for (const addresses of [["198.51.100.23"], ["::ffff:198.51.100.23"]]) {
      const record = bind(row(46), { addresses });
      expect([record.attacker_ip, record.attribution]).toEqual(["Unknown", "none"]);
    }
    const byField = bind(row(2), { addresses: ["198.51.100.23"] });
    expect([byField.attacker_ip, byField.attribution]).toEqual(["198.51.100.23", "field"]);
  });

  test("the first half of a broken line is read, the second is a line of its own", () => {
    const record = bind(`${H} http - request [relay@55555 remote_addr="192.0.2.41" body="a=1`);
    expect([record.attacker_ip, record.attribution, Object.entries(record.fields), record.flags]).toEqual([
      "192.0.2.41",
      "field",
      [["remote_addr", "192.0.2.41"]],
      ["sd_unterminated"],
    ]);
  });
});

describe("the session of a command", () => {
  const ssh = { service: "ssh" };
  const bound = (line: string, openSessions: readonly OpenSession[]) => {
    const { attacker_ip, attribution, sid, app, claimed } = bind(line, ssh, { openSessions });
    return [attacker_ip, attribution, sid, app, claimed];
  };

  test("is the only one that is open", () => {
    expect(bound(row(52), [session("192.0.2.41")])).toEqual([
      "192.0.2.41",
      "session",
      "s1",
      "bash",
      undefined,
    ]);
  });

  test("moves another hint into the claims", () => {
    expect(bound(row(50), [session("2001:db8:4::a1")])).toEqual([
      "2001:db8:4::a1",
      "session",
      "s1",
      "bash",
      { ip: "192.0.2.41" },
    ]);
  });

  test("is none of several", () => {
    const two = [session("192.0.2.41"), session("192.0.2.42", { sid: "s2" })];
    expect(bound(row(50), two)).toEqual(["192.0.2.41", "message_kv", undefined, "bash", undefined]);
  });

  test("is that of the same user where both are known", () => {
    const two = [session("192.0.2.41", { user: "root" }), session("192.0.2.42", { sid: "s2", user: "www" })];
    expect(bound(row(50), two)).toEqual(["192.0.2.41", "session", "s1", "bash", undefined]);
    expect(bound(row(55), two).slice(0, 2)).toEqual(["198.51.100.23", "message_kv"]);
  });

  test("is not asked for when a field names the peer, nor for other events", () => {
    const open = [session("203.0.113.9")];
    expect(bound(row(20), open).slice(0, 3)).toEqual(["192.0.2.41", "field", undefined]);
    expect(bound(row(39), open).slice(0, 3)).toEqual(["192.0.2.41", "prose", undefined]);
  });

  test("is not another than the line itself states", () => {
    const line = `${H} ssh - command [relay@55555 sid="s9" cmd="id"]`;
    expect(bound(line, [session("203.0.113.9")])).toEqual(["Unknown", "none", "s9", undefined, undefined]);
    expect(bound(line, [session("203.0.113.9", { sid: "s9" })]).slice(0, 3)).toEqual([
      "203.0.113.9",
      "session",
      "s9",
    ]);
  });
});

describe("time and flags", () => {
  test("an unusable time is that of the host", () => {
    const record = bind("<134>1 - quill-07 http - request -");
    expect([record.timestamp, record.time, record.time_source, record.flags]).toEqual([
      "2026-07-19 14:22:33",
      "2026-07-19T14:22:33.000000Z",
      "received",
      undefined,
    ]);
  });

  test.each([
    ["2098-12-31T00:00:00Z", ["clock_skew"]],
    ["2026-07-19T14:17:32Z", ["clock_skew"]],
    ["2026-07-19T14:17:34Z", undefined],
    ["2026-07-19T14:27:33Z", undefined],
    ["2026-07-19T14:27:34Z", ["clock_skew"]],
  ])("%s gives %j", (time, flags) => {
    const record = bind(`<134>1 ${time} quill-07 http - request -`);
    expect([record.flags, record.received]).toEqual([flags, facts.received]);
  });

  test("what the host did to the line is said", () => {
    const record = bind(row(27), {}, { flags: ["line_cut", "utf8_replaced"], rawBytes: 2_000_000 });
    expect([record.flags, record.raw_bytes]).toEqual([["dup_key", "line_cut", "utf8_replaced"], 2_000_000]);
  });

  test("an unpaired surrogate becomes a replacement character, since the journal is UTF-8", () => {
    const record = bind(`${H} http - request [relay@55555 src_ip="192.0.2.41" a="x\\ud800y"]`);
    expect([record.fields["a"], record.flags]).toEqual(["x\ufffdy", ["utf8_replaced"]]);
  });

  test("trace context is kept only while tracing is on", () => {
    expect(bind(row(59))).not.toHaveProperty("traceparent");
    expect(bind(row(59), {}, { tracing: true }).traceparent).toBe(
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    );
  });
});
