import { expect, test } from "vitest";
import { type EventInput, openTestStore, S, START_US, type TestStore } from "../runner/testing/events.ts";
import { TestLanes } from "../runner/testing/fold.ts";
import { sessionsConsumer } from "./index.ts";
import { SESSION_COLUMNS } from "./rows.ts";

const consumers = [sessionsConsumer({ gapS: 300, lostS: 3600 })];
const SID = "4d0c6f0a-52e1-4b8e-9d4f-6a1f0b3c7e21";
const CONN = "00000000000000aa";

function after(store: TestStore, ...events: readonly EventInput[]): TestLanes {
  store.add(...events);
  const lanes = new TestLanes(store.writer, consumers);
  lanes.run();
  return lanes;
}

const command = (cmd: string, more: Partial<EventInput> = {}): EventInput => ({
  type: "command",
  sid: SID,
  ...more,
  fields: { cmd, n: "0", cwd: "/root", user: "root", uid: "0", known: "true", ...more.fields },
});

const LOGIN: readonly EventInput[] = [
  { type: "connect", conn: CONN, fields: { src_port: "40022" } },
  { type: "ssh_client_banner", conn: CONN, fields: { ssh_version: "2.0", software: "OpenSSH_9.6" } },
  { type: "auth_attempt", conn: CONN, fields: { principal: "root", secret_b64: "eA==", outcome: "failure" } },
  { type: "auth_attempt", conn: CONN, fields: { principal: "root", secret_b64: "eQ==", outcome: "success" } },
  {
    type: "session_started",
    conn: CONN,
    sid: SID,
    fields: { kind: "shell", user: "root", tty: "1", width: "80", height: "24" },
  },
];

test("a log-in and what follows on the recorder are one session, told once when it starts and once when it ends", () => {
  using store = openTestStore();
  after(
    store,
    ...LOGIN,
    command("uname -a", { conn: CONN }),
    {
      type: "session_recorded",
      conn: CONN,
      sid: SID,
      fields: { duration_s: "12.500", bytes: "903", truncated: "false" },
    },
    { type: "disconnect", conn: CONN, fields: { duration_ms: "13000", bytes_in: "10", bytes_out: "20" } },
  );
  expect(store.all("SELECT * FROM sessions")).toEqual([
    expect.objectContaining({
      sid: SID,
      conn: CONN,
      state: "closed",
      end_reason: "closed",
      duration_s: 12.5,
      event_count: 8,
      command_count: 1,
      auth_attempts: 2,
      auth_failures: 1,
      auth_success: 1,
      login_user: "root",
      client_banner: "SSH-2.0-OpenSSH_9.6",
      remote_port: 40022,
      bytes_in: 10,
      bytes_out: 20,
      transcript_available: 1,
      transcript_bytes: 903,
      transcript_width: 80,
      tty: 1,
      kind: "shell",
      last_command: "uname -a",
      last_command_known: 1,
      left_after_ms: 1000,
    }),
  ]);
  const messages = store.all("SELECT topic, payload FROM outbox ORDER BY seq");
  expect(messages.map(({ topic }) => topic)).toEqual(["attacker.session.started", "attacker.session.ended"]);
  const ended = JSON.parse(String(messages[1]?.["payload"])) as Record<string, unknown>;
  expect(ended).toMatchObject({
    attacker_ip: "192.0.2.41",
    decky_id: "quill-07",
    end_reason: "closed",
    revision: 0,
    commands_total: 1,
    commands: [{ command_text: "uname -a", pwd: "/root", uid: "0", user: "root" }],
    shard_path: "quill-07/ssh/transcripts/sessions-2026-07-19.jsonl",
  });
  expect(store.all("SELECT sid, state, bytes, width FROM recordings")).toEqual([
    { sid: SID, state: "complete", bytes: 903, width: 80 },
  ]);
});

test("commands are numbered in journal order and never renumbered; a long one learns its exit code later", () => {
  using store = openTestStore();
  const lanes = after(
    store,
    command("sleep 5", { fields: { n: "7" } }),
    command("id", { fields: { n: "8" } }),
  );
  store.add({ type: "command_ended", sid: SID, fields: { n: "7", exit_code: "130" } });
  lanes.run();
  expect(store.all("SELECT id, command_text, exit_code, decoy_n FROM session_commands ORDER BY n")).toEqual([
    { id: `${SID}#0`, command_text: "sleep 5", exit_code: 130, decoy_n: 7 },
    { id: `${SID}#1`, command_text: "id", exit_code: null, decoy_n: 8 },
  ]);
});

test("parallel sessions of one address on two deckies keep their own commands", () => {
  using store = openTestStore();
  const other = "7c1e0c5e-2f0b-4a4e-9a33-5d9f2f6f1a10";
  after(
    store,
    command("id"),
    command("whoami", { sid: other, decky: "gate-01" }),
    command("ls"),
    command("pwd", { sid: other, decky: "gate-01" }),
  );
  expect(store.all("SELECT decky, command_text FROM session_commands ORDER BY decky, n")).toEqual([
    { decky: "gate-01", command_text: "whoami" },
    { decky: "gate-01", command_text: "pwd" },
    { decky: "quill-07", command_text: "id" },
    { decky: "quill-07", command_text: "ls" },
  ]);
});

test("a port scan is a row and no news", () => {
  using store = openTestStore();
  after(
    store,
    { type: "connect", conn: CONN },
    { type: "disconnect", conn: CONN, fields: { duration_ms: "4" } },
  );
  expect(store.all("SELECT state, end_reason, duration_s FROM sessions")).toEqual([
    { state: "closed", end_reason: "disconnect", duration_s: 0.004 },
  ]);
  expect(store.all("SELECT * FROM outbox")).toEqual([]);
});

test("a killed session closes as lost, is told once, and says so when it comes back", () => {
  using store = openTestStore();
  const lanes = after(store, command("id", { at: 0 }));
  lanes.tick(START_US + 3600 * S);
  expect(store.all("SELECT state FROM sessions")).toEqual([{ state: "open" }]);
  lanes.tick(START_US + 3601 * S);
  lanes.tick(START_US + 3700 * S);
  expect(store.all("SELECT state, end_reason, ended_at FROM sessions")).toEqual([
    { state: "closed", end_reason: "lost", ended_at: START_US },
  ]);
  store.add(command("ls", { at: 4000 }), {
    type: "session_recorded",
    sid: SID,
    at: 4001,
    fields: { bytes: "1" },
  });
  lanes.run();
  expect(store.all("SELECT end_reason, reopened, revision, command_count FROM sessions")).toEqual([
    { end_reason: "closed", reopened: 1, revision: 1, command_count: 2 },
  ]);
  expect(
    store.all("SELECT dedupe_key FROM outbox WHERE topic = 'attacker.session.ended' ORDER BY seq"),
  ).toEqual([{ dedupe_key: `${SID}:0` }, { dedupe_key: `${SID}:1` }]);
  expect(store.all("SELECT value FROM counters WHERE name = 'sessions_open'")).toEqual([{ value: 0 }]);
});

test("what was open when a decoy starts again is over", () => {
  using store = openTestStore();
  after(
    store,
    { type: "connect", conn: CONN },
    command("id"),
    { type: "connect", conn: CONN, decky: "gate-01" },
    { type: "startup", origin: "system", ip: null },
  );
  expect(store.all("SELECT decky, state, end_reason FROM sessions ORDER BY first_seq")).toEqual([
    { decky: "quill-07", state: "closed", end_reason: "disconnect" },
    { decky: "quill-07", state: "closed", end_reason: "disconnect" },
    { decky: "gate-01", state: "open", end_reason: null },
  ]);
});

test("a restart of the decoy loses the recordings that it had open", () => {
  using store = openTestStore();
  after(store, { type: "session_started", sid: SID }, { type: "startup", origin: "system", ip: null });
  expect(store.all("SELECT sid, state FROM recordings")).toEqual([{ sid: SID, state: "lost" }]);
});

test("contacts without connection and recorder are cut by silence, sooner for UDP", () => {
  using store = openTestStore();
  after(
    store,
    { type: "query", at: 0, service: "mysql", fields: { query: "SELECT 1" } },
    { type: "query", at: 300, service: "mysql", fields: { query: "SELECT 2" } },
    { type: "query", at: 601, service: "mysql", fields: { query: "SELECT 3" } },
    { type: "get_request", at: 601, service: "snmp" },
    { type: "get_request", at: 662, service: "snmp" },
  );
  expect(store.all("SELECT service, event_count, end_reason FROM sessions ORDER BY first_seq")).toEqual([
    { service: "mysql", event_count: 2, end_reason: "idle" },
    { service: "mysql", event_count: 1, end_reason: null },
    { service: "snmp", event_count: 1, end_reason: "idle" },
    { service: "snmp", event_count: 1, end_reason: null },
  ]);
});

test("sensors and unbound audit lines open no session, and another decky cannot take a session's id", () => {
  using store = openTestStore();
  after(
    store,
    { type: "tcp_syn_fingerprint", origin: "passive" },
    { type: "command", attribution: "message_kv", command: { text: "id", src: "192.0.2.41" } },
    command("id"),
    command("forged", { decky: "gate-01" }),
  );
  const rows = store.all("SELECT session_id, decky FROM sessions ORDER BY first_seq");
  expect(rows).toHaveLength(2);
  expect(rows[0]).toEqual({ session_id: SID, decky: "quill-07" });
  expect(rows[1]?.["session_id"]).not.toBe(SID);
});

test("a message holds at most a thousand commands and says that there are more", () => {
  using store = openTestStore();
  after(store, ...Array.from({ length: 1005 }, (_, n) => command(`echo ${n}`, { at: n })), {
    type: "session_recorded",
    sid: SID,
    at: 1006,
    fields: { bytes: "1" },
  });
  const [row] = store.all("SELECT payload FROM outbox WHERE topic = 'attacker.session.ended'");
  const ended = JSON.parse(String(row?.["payload"])) as { commands: unknown[] };
  expect(ended).toMatchObject({ commands_total: 1005, commands_truncated: true });
  expect(ended.commands).toHaveLength(1000);
});

test("every column of the table is folded or belongs to the classes", () => {
  using store = openTestStore();
  const columns = store.all("SELECT name FROM pragma_table_info('sessions')").map(({ name }) => String(name));
  expect(new Set([...SESSION_COLUMNS, "class", "class_score", "class_reasons"])).toEqual(new Set(columns));
});
