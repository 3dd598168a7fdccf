import type { LoginRecord } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { deckySeeded } from "../seeded.ts";

const DAY = 86_400;
/** Days of logins that are kept: wtmp is rotated monthly. */
const KEPT_DAYS = 30;

const neighbour = (persona: MachinePersona, last: number): string =>
  persona.network.address.replace(/\.\d+$/, `.${String(last)}`);

/** Who administers the machine, and from which two desks. */
function administrators(persona: MachinePersona): {
  users: readonly string[];
  uids: Map<string, number>;
  from: readonly string[];
} {
  const random = deckySeeded(persona.secret, "administrators");
  const people = persona.people.slice(0, 3);
  const users = people.length === 0 ? ["root"] : [...people.map((one) => one.user), "root"];
  const uids = new Map(people.map((one) => [one.user, one.uid]));
  const own = Number(persona.network.address.split(".")[3] ?? 0);
  const desk = (): string => {
    const last = random.integer(20, 240);
    return neighbour(persona, last === own ? last + 1 : last);
  };
  return { users, uids, from: [desk(), desk()] };
}

const cache = new WeakMap<MachinePersona, Map<number, readonly LoginRecord[]>>();

/** Logins of the machine's own people on one day (days since 1970); complete ones only. */
function loginsOfDay(persona: MachinePersona, day: number): readonly LoginRecord[] {
  const days = cache.get(persona) ?? new Map<number, readonly LoginRecord[]>();
  cache.set(persona, days);
  const known = days.get(day);
  if (known !== undefined) return known;
  const random = deckySeeded(persona.secret, `logins ${String(day)}`);
  const admins = administrators(persona);
  const weekend = [0, 6].includes(new Date(day * DAY * 1000).getUTCDay());
  const count = random.next() < (weekend ? 0.08 : 0.42) ? random.integer(1, 2) : 0;
  const list: LoginRecord[] = [];
  let at = day * DAY + random.integer(7 * 3600, 11 * 3600);
  for (let i = 0; i < count; i += 1) {
    const user = random.pick(admins.users);
    const login = at + random.next();
    const logout = login + random.integer(60, 5400) + random.next();
    list.push({
      user,
      uid: admins.uids.get(user) ?? 0,
      tty: "pts/0",
      from: random.pick(admins.from),
      login,
      logout,
      pid: random.integer(2000, 90_000),
      kind: "user",
    });
    at = logout + random.integer(600, 9000);
  }
  if (days.size > 400) days.clear();
  days.set(day, list);
  return list;
}

/** Oldest first: complete logins between two moments. */
export function pastLogins(persona: MachinePersona, from: number, to: number): readonly LoginRecord[] {
  const first = Math.floor(Math.max(from, persona.installedAt) / DAY);
  const list: LoginRecord[] = [];
  for (let day = first; day <= Math.floor(to / DAY); day += 1)
    for (const one of loginsOfDay(persona, day))
      if (one.login >= from && one.login > persona.bootedAt + 60 && (one.logout ?? 0) < to) list.push(one);
  return list;
}

/** What `/var/log/wtmp` holds before any attacker came, oldest first. */
export function baseHistory(persona: MachinePersona, now: number, kernel: string): readonly LoginRecord[] {
  const from = Math.max(persona.installedAt, now - KEPT_DAYS * DAY);
  const boots: LoginRecord[] = [];
  if (persona.bootedAt >= from)
    boots.push({
      user: "reboot",
      uid: 0,
      tty: "~",
      from: kernel,
      login: persona.bootedAt,
      logout: undefined,
      pid: 0,
      kind: "boot",
    });
  return [...boots, ...pastLogins(persona, from, now)].toSorted((a, b) => a.login - b.login);
}

/** The newest login of a user before now, however long ago (`lastlog`). */
export function lastLoginOf(persona: MachinePersona, user: string, now: number): LoginRecord | undefined {
  for (
    let day = Math.floor(now / DAY);
    day >= Math.floor(Math.max(persona.bootedAt, now - 180 * DAY) / DAY);
    day -= 1
  ) {
    const found = loginsOfDay(persona, day).findLast(
      (one) => one.user === user && (one.logout ?? 0) < now && one.login > persona.bootedAt + 60,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
