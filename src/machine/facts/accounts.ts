import { crypt, saltFrom } from "../auth/crypt.ts";
import type { MachinePersona } from "../persona.ts";
import type { RecordedAccounts } from "../release/release.ts";
import { deckySeeded } from "../seeded.ts";
import { daemonsOf } from "./roles.ts";

/** Accounts and groups that a role's package makes. */
const roleAccounts: Readonly<Record<string, readonly string[]>> = {
  "mariadb-server": ["mysql"],
  "redis-server": ["redis"],
  vsftpd: ["ftp"],
  snmpd: ["Debian-snmp"],
  postfix: ["postfix", "postdrop"],
  "dovecot-core": ["dovecot", "dovenull"],
  samba: ["sambashare"],
  postgresql: ["postgres", "ssl-cert"],
  mosquitto: ["mosquitto"],
  bind9: ["bind"],
  slapd: ["openldap"],
};

export interface SeededAccounts {
  readonly passwd: string;
  readonly group: string;
  /**
   * Hashing takes 8 ms an account, so it is done when somebody reads it. `accepted` holds passwords
   * (base64) that a world let in: their hash stands there as if it had always been.
   */
  shadow(accepted: Readonly<Record<string, string>>): string;
  readonly gshadow: string;
  readonly homes: readonly {
    readonly user: string;
    readonly uid: number;
    readonly gid: number;
    readonly home: string;
  }[];
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const nameOf = (line: string): string => line.slice(0, line.indexOf(":"));

/** Everybody with a shell: the persona's people, then those accounts of its policy that are nobody yet. */
function peopleOf(
  persona: MachinePersona,
  taken: ReadonlySet<string>,
): { user: string; name: string; uid: number }[] {
  const people: { user: string; name: string; uid: number }[] = persona.people.map((one) => ({ ...one }));
  let next = Math.max(999, ...people.map((one) => one.uid)) + 1;
  for (const { user } of persona.auth.accounts) {
    if (taken.has(user) || people.some((one) => one.user === user)) continue;
    people.push({ user, name: "", uid: next });
    next += 1;
  }
  return people;
}

/** A password nobody will guess, in the form that people choose. */
function ownPassword(secret: string, user: string): string {
  const random = deckySeeded(secret, `password ${user}`);
  return random.bytes(9).toString("base64url");
}

/** How a release writes its accounts. */
export interface AccountStyle {
  readonly shell: string;
  /** `$6$` with 16 characters of salt, `$1$` with 8. */
  readonly method: "1" | "6";
}

const debianStyle: AccountStyle = { shell: "/bin/bash", method: "6" };

export function seedAccounts(
  persona: MachinePersona,
  recorded: RecordedAccounts,
  style: AccountStyle = debianStyle,
): SeededAccounts {
  const packages = new Set(daemonsOf(persona).map((daemon) => daemon.package));
  const absent = new Set(
    Object.entries(roleAccounts).flatMap(([name, users]) => (packages.has(name) ? [] : users)),
  );
  const systemUsers = lines(recorded.passwd).filter((line) => !absent.has(nameOf(line)));
  const people = peopleOf(persona, new Set(systemUsers.map(nameOf)));
  const listed = new Map(persona.auth.accounts.map((one) => [one.user, one.password]));
  const passwd = [
    ...systemUsers,
    ...people.map(
      ({ user, name, uid }) =>
        `${user}:x:${String(uid)}:${String(uid)}:${name},,,:/home/${user}:${style.shell}`,
    ),
  ];
  const sudoers = people.slice(0, 2).map((one) => one.user);
  const groups = [
    ...lines(recorded.group)
      .filter((line) => !absent.has(nameOf(line)))
      .map((line) => {
        const name = nameOf(line);
        if (name === "sudo") return `${line}${sudoers.join(",")}`;
        const first = people[0]?.user;
        return first !== undefined &&
          ["cdrom", "floppy", "audio", "dip", "video", "plugdev", "users", "netdev"].includes(name)
          ? `${line}${first}`
          : line;
      }),
    ...people.map(({ user, uid }) => `${user}:x:${String(uid)}:`),
  ];
  const installedDay = Math.floor(persona.installedAt / 86_400);
  const hashed = new Map<string, string>();
  const hashOf = (user: string, accepted: string | undefined): string => {
    const key = accepted === undefined ? user : `${user} ${accepted}`;
    const known = hashed.get(key);
    if (known !== undefined) return known;
    const salt = saltFrom(deckySeeded(persona.secret, `salt ${user}`).bytes(style.method === "6" ? 16 : 8));
    const password = listed.get(user) ?? ownPassword(persona.secret, user);
    const bytes = accepted === undefined ? Buffer.from(password, "utf8") : Buffer.from(accepted, "base64");
    const made = crypt(bytes, `$${style.method}$${salt}`) ?? "!";
    if (hashed.size > 500) hashed.clear();
    hashed.set(key, made);
    return made;
  };
  const withPassword = new Set(["root", ...people.map((one) => one.user), ...listed.keys()]);
  const locked = new Set(
    lines(recorded.shadow)
      .filter((line) => /^[^:]+:!/.test(line))
      .map(nameOf),
  );
  const shadow = (accepted: Readonly<Record<string, string>>): string =>
    `${passwd
      .map((line) => {
        const name = nameOf(line);
        const own = Object.hasOwn(accepted, name) ? accepted[name] : undefined;
        const field = withPassword.has(name) ? hashOf(name, own) : locked.has(name) ? "!" : "*";
        const range = field === "!" ? ":::::" : ":0:99999:7:::";
        return `${name}:${field}:${String(installedDay)}${range}`;
      })
      .join("\n")}\n`;
  return {
    passwd: `${passwd.join("\n")}\n`,
    group: `${groups.join("\n")}\n`,
    shadow,
    gshadow: `${groups
      .map((line) => {
        const [name = "", , , members = ""] = line.split(":");
        return `${name}:${people.some((one) => one.user === name) ? "!" : "*"}::${members}`;
      })
      .join("\n")}\n`,
    homes: people.map(({ user, uid }) => ({ user, uid, gid: uid, home: `/home/${user}` })),
  };
}
