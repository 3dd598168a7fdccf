import type { FileFacts, FileKind, UserFs } from "#machine/contract.ts";

const kindLetter: Readonly<Record<FileKind, string>> = {
  file: "-",
  directory: "d",
  symlink: "l",
  character: "c",
  block: "b",
  fifo: "p",
  socket: "s",
};

/** `strmode(3)` */
function modeText({ kind, mode }: Pick<FileFacts, "kind" | "mode">): string {
  const triple = (shift: number, special: number, set: string): string => {
    const bits = mode >> shift;
    const execute = (bits & 1) !== 0;
    const last = (mode & special) !== 0 ? (execute ? set : set.toUpperCase()) : execute ? "x" : "-";
    return `${(bits & 4) !== 0 ? "r" : "-"}${(bits & 2) !== 0 ? "w" : "-"}${last}`;
  };
  return `${kindLetter[kind]}${triple(6, 0o4000, "s")}${triple(3, 0o2000, "s")}${triple(0, 0o1000, "t")} `;
}

/** Names of users and groups as the machine's files give them; read once a session. */
export class OwnerNames {
  readonly #users: ReadonlyMap<number, string>;
  readonly #groups: ReadonlyMap<number, string>;

  constructor(files: UserFs) {
    this.#users = read(files, "/etc/passwd");
    this.#groups = read(files, "/etc/group");
  }

  user(uid: number): string {
    return this.#users.get(uid) ?? String(uid);
  }

  group(gid: number): string {
    return this.#groups.get(gid) ?? String(gid);
  }

  knownUser(uid: number): string {
    return this.#users.get(uid) ?? "";
  }

  knownGroup(gid: number): string {
    return this.#groups.get(gid) ?? "";
  }
}

function read(files: UserFs, path: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  let text: string;
  try {
    text = Buffer.from(files.read(path)).toString();
  } catch {
    // An attacker may have deleted it; numbers are shown then, as sftp-server does.
    return names;
  }
  for (const line of text.split("\n")) {
    const [name = "", , id = ""] = line.split(":");
    if (name !== "" && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}

const HALF_YEAR_S = (365 * 24 * 60 * 60) / 2;

function dateText(mtime: number, now: number, timezone: string): string {
  const parts = new Map(
    new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      month: "short",
      day: "numeric",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    })
      .formatToParts(new Date(mtime * 1_000))
      .map(({ type, value }) => [type, value]),
  );
  const day = `${parts.get("month")} ${(parts.get("day") ?? "").padStart(2)}`;
  const recent = now - HALF_YEAR_S < mtime && now >= mtime;
  return recent ? `${day} ${parts.get("hour")}:${parts.get("minute")}` : `${day}  ${parts.get("year")}`;
}

export interface LongNameFacts {
  readonly owners: OwnerNames;
  /** Seconds since 1970. */
  readonly now: number;
  readonly timezone: string;
}

/** sftp-server's `ls_file`. */
export function longName(name: string, facts: FileFacts, { owners, now, timezone }: LongNameFacts): string {
  const user = owners.user(facts.uid).padEnd(8);
  const group = owners.group(facts.gid).padEnd(8);
  const links = String(facts.nlink).padStart(3);
  const size = String(facts.size).padStart(8);
  return `${modeText(facts)}${links} ${user} ${group} ${size} ${dateText(facts.mtime, now, timezone)} ${name}`;
}
