import type { LogEvent } from "../src/api/model.ts";
import type { World } from "./seeded.ts";

type Query = URLSearchParams;

/** `key:value` on the columns, and words anywhere; enough for the pages' own links. */
export function matches(event: LogEvent, search: string): boolean {
  return search
    .split(/\s+/)
    .filter((token) => token !== "")
    .every((token) => {
      const negated = token.startsWith("-");
      const [key = "", ...rest] = (negated ? token.slice(1) : token).split(":");
      const value = rest.join(":").replaceAll('"', "");
      const columns: Record<string, string | null> = {
        decky: event.decky,
        service: event.service,
        event: event.event_type,
        attacker: event.attacker_ip,
        country: event.country_code,
      };
      const holds =
        value === "" || !Object.hasOwn(columns, key)
          ? JSON.stringify(event)
              .toLowerCase()
              .includes((value || key).replaceAll('"', "").toLowerCase())
          : columns[key] === value;
      return negated ? !holds : holds;
    });
}

export const statsOf = (world: World) => ({
  total_logs: world.events.length,
  unique_attackers: world.attackers.length,
  active_deckies: world.deckies.filter(({ state }) => state === "running").length,
  deployed_deckies: world.deckies.length,
  sessions_open: world.sessions.filter(({ state }) => state === "open").length,
  credentials: world.credentials.length,
  artifacts: world.sightings.length,
});

function paged<T>(rows: readonly T[], query: Query): unknown {
  const limit = Number(query.get("limit") ?? 50);
  const offset = Number(query.get("cursor") ?? 0);
  const end = offset + limit;
  return {
    data: rows.slice(offset, end),
    next_cursor: end < rows.length ? String(end) : null,
    prev_cursor: null,
    limit,
    total: query.get("count") === "none" ? null : Math.min(rows.length, 10_000),
    total_exact: rows.length <= 10_000,
  };
}

const SPANS: Readonly<Record<string, number>> = {
  "15m": 900_000,
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
};

function inSpan(query: Query, at: string): boolean {
  const since = SPANS[query.get("since") ?? ""];
  const from =
    query.get("start_time") ?? (since === undefined ? "" : new Date(Date.now() - since).toISOString());
  return at >= from && at < (query.get("end_time") ?? "9");
}

function listEvents(world: World, query: Query): LogEvent[] {
  const found = world.events.filter(
    (event) => inSpan(query, event.received) && matches(event, query.get("search") ?? ""),
  );
  return query.get("sort") === "seq" ? found : found.reverse();
}

function counted(values: readonly (string | null)[]): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, 20);
}

/** The reading routes. */
export function read(world: World, path: string, query: Query): unknown {
  const [, resource = "", id, sub = ""] = path.split("/");
  switch (resource) {
    case "logs":
      return readLogs(world, id, query);
    case "stats":
      return id === "top" ? topOf(world, query) : statsOf(world);
    case "deckies":
      return { data: world.deckies, total: world.deckies.length };
    case "attackers":
      return readAttackers(world, { id, sub }, query);
    case "sessions":
      return readSessions(world, { id, sub }, query);
    case "credentials":
      return id === "top" ? topCredentials(world, query) : paged(credentialsOf(world, query), query);
    default:
      return undefined;
  }
}

function readLogs(world: World, id: string | undefined, query: Query): unknown {
  if (id === undefined) return paged(listEvents(world, query), query);
  if (id === "histogram") {
    const step = Number(query.get("interval_minutes") ?? 15) * 60_000;
    const bars = new Map<number, number>();
    for (const event of listEvents(world, query)) {
      const at = Math.floor(Date.parse(event.received) / step) * step;
      bars.set(at, (bars.get(at) ?? 0) + 1);
    }
    return [...bars]
      .sort(([a], [b]) => a - b)
      .map(([at, count]) => ({ time: new Date(at).toISOString(), count }));
  }
  if (id === "facets") {
    const found = listEvents(world, query);
    return {
      decky: counted(found.map(({ decky }) => decky)),
      service: counted(found.map(({ service }) => service)),
      event_type: counted(found.map(({ event_type }) => event_type)),
      attacker: counted(found.map(({ attacker_ip }) => attacker_ip)),
      country: counted(found.map(({ country_code }) => country_code)),
      scanned: found.length,
      exact: true,
    };
  }
  const event = world.events.find((each) => each.id === id);
  if (!event) return undefined;
  return {
    ...event,
    raw_line: `<134>1 ${event.time} ${event.decky} ${event.service} - ${event.event_type} [relay@55555 ${Object.entries(
      event.fields,
    )
      .map(([name, value]) => `${name}="${value}"`)
      .join(" ")}]`,
    time_source: "line",
    app: null,
    procid: null,
    flags: event.seq % 7 === 0 ? ["clock_skew"] : [],
    claimed: event.seq % 5 === 0 ? { decky: "other-99" } : null,
    command: null,
    source: { host: "local", container: null, stream: "stdout" },
    links: {
      attacker: event.attacker_uuid,
      session:
        world.sessions.find(({ attacker_uuid }) => attacker_uuid === event.attacker_uuid)?.session_id ?? null,
      neighbours: [],
    },
  };
}

interface Place {
  readonly id: string | undefined;
  readonly sub: string;
}

function readAttackers(world: World, { id, sub }: Place, query: Query): unknown {
  if (id === undefined) {
    const search = (query.get("search") ?? "").toLowerCase();
    const found = world.attackers.filter(
      (each) =>
        inSpan(query, each.last_seen) &&
        each.ip.includes(search) &&
        (query.get("activity") ?? each.activity) === each.activity &&
        each.services.includes(query.get("service") ?? each.services[0] ?? ""),
    );
    const sort = query.get("sort");
    found.sort((a, b) =>
      sort === "-event_count" ? b.event_count - a.event_count : a.last_seen < b.last_seen ? 1 : -1,
    );
    return paged(found, query);
  }
  const attacker = world.attackers.find(({ uuid }) => uuid === id);
  if (!attacker) return undefined;
  switch (sub) {
    case "":
      return attacker;
    case "timeline":
      return paged(world.timeline(id), query);
    case "commands":
      return paged(world.commands.filter(({ attacker_uuid }) => attacker_uuid === id).reverse(), query);
    case "sessions":
      return paged(
        world.sessions.filter(({ attacker_uuid }) => attacker_uuid === id),
        query,
      );
    case "credentials":
      return paged(
        world.credentials.filter(({ attacker_uuid }) => attacker_uuid === id),
        query,
      );
    default:
      return paged(
        world.sightings.filter(({ attacker: owner }) => owner === id),
        query,
      );
  }
}

function readSessions(world: World, { id, sub }: Place, query: Query): unknown {
  if (id === undefined)
    return paged(
      world.sessions
        .filter(
          (each) =>
            inSpan(query, each.started_at) &&
            (query.get("state") ?? each.state) === each.state &&
            each.command_count >= Number(query.get("min_commands") ?? 0),
        )
        .sort((a, b) => (a.started_at < b.started_at ? 1 : -1)),
      query,
    );
  const session = world.sessions.find(({ session_id }) => session_id === id);
  if (!session) return undefined;
  if (sub === "commands")
    return paged(
      world.commands.filter(({ session_id }) => session_id === id),
      query,
    );
  if (sub === "events") return paged(world.events.slice(0, 20), query);
  return session;
}

const credentialsOf = (world: World, query: Query) => {
  const search = (query.get("search") ?? "").toLowerCase();
  return world.credentials.filter(
    (each) =>
      inSpan(query, each.last_seen) &&
      `${each.principal} ${each.secret_printable}`.toLowerCase().includes(search) &&
      (query.get("outcome") ?? each.outcome) === each.outcome,
  );
};

function topCredentials(world: World, query: Query): unknown {
  const by = query.get("by") ?? "pair";
  const keyOf = (each: World["credentials"][number]) =>
    by === "principal"
      ? [each.principal, null]
      : by === "secret"
        ? [null, each.secret_printable]
        : [each.principal, each.secret_printable];
  const counts = new Map<string, number>();
  for (const each of world.credentials) {
    const key = JSON.stringify(keyOf(each));
    counts.set(key, (counts.get(key) ?? 0) + each.attempt_count);
  }
  const data = [...counts]
    .map(([key, attempts]) => {
      const [principal, secret] = JSON.parse(key) as [string | null, string | null];
      return { principal, secret, masked: false, attempts, attackers: Math.ceil(attempts / 3), successes: 0 };
    })
    .sort((a, b) => b.attempts - a.attempts);
  return { by, data: data.slice(0, Number(query.get("limit") ?? 10)) };
}

function topOf(world: World, query: Query): unknown {
  const what = query.get("what");
  const values: Readonly<Record<string, readonly (string | null)[]>> = {
    attackers: world.events.map(({ attacker_ip }) => attacker_ip),
    usernames: world.credentials.map(({ principal }) => principal),
    passwords: world.credentials.map(({ secret_printable }) => secret_printable),
    commands: world.commands.map(({ command_text }) => command_text),
  };
  const data = counted(values[what ?? ""] ?? []).map(({ value, count }) => {
    const attacker = what === "attackers" ? world.attackers.find(({ ip }) => ip === value) : undefined;
    return {
      value,
      count,
      attackers: 1,
      uuid: attacker?.uuid ?? null,
      country_code: attacker?.country_code ?? null,
      last_seen: null,
    };
  });
  return { what, data: data.slice(0, Number(query.get("limit") ?? 10)) };
}
