import { matchesCrypt } from "../auth/crypt.ts";
import type { Account, Group, UserDatabase } from "../model.ts";

/** How the user files of one world are read and written, as root. */
export interface UserFiles {
  read(path: string): Uint8Array;
  write(path: string, text: string): void;
}

interface Parsed<T> {
  bytes: Buffer;
  value: T;
}

const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");

const rows = (bytes: Uint8Array, fields: number): string[][] =>
  text(bytes)
    .split("\n")
    .slice(0, 5000)
    .map((line) => line.split(":"))
    .filter((parts) => parts.length >= fields && parts[0] !== "" && parts[0]?.startsWith("#") === false);

const number = (value: string | undefined): number => {
  const parsed = Number.parseInt(value ?? "", 10);
  return Number.isFinite(parsed) ? parsed : -1;
};

const toAccounts = (bytes: Uint8Array): Account[] =>
  rows(bytes, 7).map(([name = "", , uid, gid, gecos = "", home = "", shell = ""]) => ({
    name,
    uid: number(uid),
    gid: number(gid),
    gecos,
    home,
    shell: shell === "" ? "/bin/sh" : shell,
  }));

const toGroups = (bytes: Uint8Array): Group[] =>
  rows(bytes, 4).map(([name = "", , gid, members = ""]) => ({
    name,
    gid: number(gid),
    members: members.split(",").filter((member) => member !== ""),
  }));

export class WorldUsers implements UserDatabase {
  readonly #files: UserFiles;
  readonly #crypt: (password: string) => string;
  readonly #now: () => number;
  readonly #remember: (name: string, hash: string, password: string) => void;
  readonly #recall: (hash: string) => string | undefined;
  #passwd: Parsed<Account[]> | undefined;
  #group: Parsed<Group[]> | undefined;

  constructor(options: {
    readonly files: UserFiles;
    readonly crypt: (password: string) => string;
    readonly now: () => number;
    /** A password whose hash was made here is compared as text: hashing costs 10 ms. */
    readonly remember: (name: string, hash: string, password: string) => void;
    readonly recall: (hash: string) => string | undefined;
  }) {
    this.#files = options.files;
    this.#crypt = options.crypt;
    this.#now = options.now;
    this.#remember = options.remember;
    this.#recall = options.recall;
  }

  #load(path: string): Uint8Array {
    return this.#files.read(path);
  }

  accounts(): readonly Account[] {
    const bytes = this.#load("/etc/passwd");
    if (this.#passwd === undefined || !this.#passwd.bytes.equals(bytes))
      this.#passwd = { bytes: Buffer.from(bytes), value: toAccounts(bytes) };
    return this.#passwd.value;
  }

  groups(): readonly Group[] {
    const bytes = this.#load("/etc/group");
    if (this.#group === undefined || !this.#group.bytes.equals(bytes))
      this.#group = { bytes: Buffer.from(bytes), value: toGroups(bytes) };
    return this.#group.value;
  }

  byName(name: string): Account | undefined {
    return this.accounts().find((account) => account.name === name);
  }
  byUid(uid: number): Account | undefined {
    return this.accounts().find((account) => account.uid === uid);
  }
  groupByName(name: string): Group | undefined {
    return this.groups().find((group) => group.name === name);
  }
  groupByGid(gid: number): Group | undefined {
    return this.groups().find((group) => group.gid === gid);
  }

  gidsOf(name: string): readonly number[] {
    const primary = this.byName(name)?.gid;
    const others = this.groups()
      .filter((group) => group.members.includes(name))
      .map((group) => group.gid);
    return [...new Set([...(primary === undefined ? [] : [primary]), ...others])];
  }

  shadowHash(name: string): string | undefined {
    const row = rows(this.#load("/etc/shadow"), 2).find(([user]) => user === name);
    return row?.[1];
  }

  verify(name: string, password: string): boolean {
    const hash = this.shadowHash(name);
    if (hash === undefined) return false;
    if (hash === "") return password === "";
    const known = this.#recall(hash);
    return known === undefined ? matchesCrypt(Buffer.from(password, "utf8"), hash) : known === password;
  }

  setPassword(name: string, password: string): void {
    const hash = this.#crypt(password);
    const day = String(Math.floor(this.#now() / 86_400));
    const lines = text(this.#load("/etc/shadow")).split("\n");
    const at = lines.findIndex((line) => line.startsWith(`${name}:`));
    if (at < 0) lines.splice(Math.max(0, lines.length - 1), 0, `${name}:${hash}:${day}:0:99999:7:::`);
    else {
      const fields = (lines[at] ?? "").split(":");
      fields[1] = hash;
      fields[2] = day;
      lines[at] = fields.join(":");
    }
    this.#files.write("/etc/shadow", lines.join("\n"));
    this.#remember(name, hash, password);
  }

  crypt(password: string): string {
    return this.#crypt(password);
  }
}
