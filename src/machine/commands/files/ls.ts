import type { FileFacts } from "../../contract.ts";
import { byName } from "../../shell/glob.ts";
import { displayWidth } from "../../terminal/width.ts";
import type { Program, ProgramContext } from "../command.ts";
import { blocksOf, humanSize, localTime, modeText, quoteName, strftime } from "../format.ts";
import { type Options, options } from "../options.ts";
import { columns } from "./columns.ts";

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly facts: FileFacts;
}

const long = {
  all: "a",
  "almost-all": "A",
  author: "author",
  escape: "b",
  "block-size=": "bs",
  "ignore-backups": "B",
  "color?": "color",
  directory: "d",
  dired: "D",
  classify: "F",
  "file-type": "ft",
  "full-time": "full",
  "no-group": "G",
  "human-readable": "h",
  si: "si",
  inode: "i",
  "ignore=": "I",
  kibibytes: "k",
  dereference: "L",
  "numeric-uid-gid": "n",
  literal: "N",
  "hide-control-chars": "q",
  "quote-name": "Q",
  reverse: "r",
  recursive: "R",
  size: "s",
  "sort=": "sort",
  "time=": "time",
  "time-style=": "style",
  width: "w",
  context: "Z",
  "group-directories-first": "gdf",
  "indicator-style=": "is",
  "hyperlink?": "hl",
  "quoting-style=": "qs",
  "show-control-chars": "scc",
};

async function ls(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "aAbBcCdDfFgGhHiI:klLmnNopqQrRsStT:uUvw:xXZ1", long }, 2);
  if (typeof parsed === "number") return parsed;
  const listing = new Listing(context, parsed);
  return listing.run();
}

class Listing {
  readonly #context: ProgramContext;
  readonly #options: Options;
  readonly #long: boolean;
  readonly #quote: boolean;
  readonly #color: boolean;
  #status = 0;
  #printed = false;

  constructor(context: ProgramContext, parsed: Options) {
    this.#context = context;
    this.#options = parsed;
    this.#long = ["l", "n", "g", "o", "full"].some((key) => parsed.has(key));
    this.#quote = context.isTerminal(1) && !parsed.has("N") && context.name !== "busybox";
    const color = parsed.value("color");
    this.#color =
      color === "always" ||
      color === "yes" ||
      ((color === "auto" || (color === "" && parsed.has("color"))) &&
        (color === "" || context.isTerminal(1)));
  }

  async run(): Promise<number> {
    const { rest } = this.#options;
    const files: Entry[] = [];
    const folders: Entry[] = [];
    for (const name of rest.length === 0 ? ["."] : rest) {
      const entry = await this.#operand(name);
      if (entry === undefined) continue;
      if (entry.facts.kind === "directory" && !this.#options.has("d")) folders.push(entry);
      else files.push(entry);
    }
    if (files.length > 0) {
      await this.#print(this.#sorted(files));
      this.#printed = true;
    }
    const titles = rest.length > 1 || this.#options.has("R");
    for (const folder of this.#sorted(folders)) await this.#folder(folder, titles, 0);
    return this.#status;
  }

  async #operand(name: string): Promise<Entry | undefined> {
    const follow = !this.#long || this.#options.has("L") || this.#options.has("H") || name.endsWith("/");
    const path = this.#context.path(name);
    const found = this.#context.attempt(() => {
      if (this.#options.has("d") && !name.endsWith("/")) return this.#context.fs.lstat(path);
      if (!follow) return this.#context.fs.lstat(path);
      try {
        return this.#context.fs.stat(path);
      } catch {
        return this.#context.fs.lstat(path);
      }
    });
    if (found.error !== undefined) {
      this.#status = 2;
      await this.#context.err(`${this.#context.argv0}: cannot access ${quoteName(name)}: ${found.error}\n`);
      return undefined;
    }
    return { name, path, facts: found.value };
  }

  async #folder(folder: Entry, title: boolean, depth: number): Promise<void> {
    const context = this.#context;
    await context.tick();
    const names = context.attempt(() => context.fs.readdir(folder.path));
    await this.#title(title ? folder.name : undefined);
    if (names.error !== undefined) {
      this.#status = Math.max(this.#status, depth === 0 ? 2 : 1);
      await context.err(
        `${context.argv0}: cannot open directory ${quoteName(folder.name)}: ${names.error}\n`,
      );
      return;
    }
    const sorted = this.#sorted(this.#entries(folder, names.value));
    if (this.#long || this.#options.has("s")) await this.#total(sorted);
    await this.#print(sorted);
    if (!this.#options.has("R") || depth > 60) return;
    for (const entry of sorted) {
      if (entry.facts.kind !== "directory" || entry.name === "." || entry.name === "..") continue;
      const name = `${folder.name.replace(/\/$/, "")}/${entry.name}`;
      await this.#folder({ ...entry, name }, true, depth + 1);
    }
  }

  /** The empty line between two listings, and the folder's name where it is shown. */
  async #title(name: string | undefined): Promise<void> {
    if (this.#printed) await this.#context.out("\n");
    if (name !== undefined) await this.#context.out(`${this.#shown(name)}:\n`);
    this.#printed = true;
  }

  #entries(folder: Entry, names: readonly string[]): Entry[] {
    const context = this.#context;
    const hidden = this.#options.has("a") || this.#options.has("f");
    const listed = names.filter((name) => hidden || this.#options.has("A") || !name.startsWith("."));
    const entries: Entry[] = [];
    for (const name of [...(hidden ? [".", ".."] : []), ...listed]) {
      const path = `${folder.path === "/" ? "" : folder.path}/${name}`;
      const found = context.attempt(() =>
        this.#options.has("L") ? context.fs.stat(path) : context.fs.lstat(path),
      );
      if (found.error === undefined) entries.push({ name, path, facts: found.value });
    }
    return entries;
  }

  async #total(entries: readonly Entry[]): Promise<void> {
    const total = entries.reduce((sum, entry) => sum + blocksOf(entry.facts), 0);
    await this.#context.out(`total ${this.#options.has("h") ? humanSize(total * 1024) : total}\n`);
  }

  #sorted(entries: readonly Entry[]): Entry[] {
    const set = this.#options;
    if (set.has("U") || set.has("f")) return [...entries];
    const time = (entry: Entry) =>
      set.has("c") ? entry.facts.ctime : set.has("u") ? entry.facts.atime : entry.facts.mtime;
    const sort = set.value("sort");
    let order = (a: Entry, b: Entry) => byName(a.name, b.name);
    if (set.has("t") || sort === "time") order = (a, b) => time(b) - time(a) || byName(a.name, b.name);
    else if (set.has("S") || sort === "size")
      order = (a, b) => b.facts.size - a.facts.size || byName(a.name, b.name);
    else if (set.has("X"))
      order = (a, b) =>
        byName(a.name.replace(/^[^.]*/, ""), b.name.replace(/^[^.]*/, "")) || byName(a.name, b.name);
    else if (set.has("v")) order = (a, b) => a.name.localeCompare(b.name, "en", { numeric: true });
    const sorted = entries.toSorted(order);
    return set.has("r") ? sorted.reverse() : sorted;
  }

  #shown(name: string): string {
    if (this.#options.has("Q")) return `"${name}"`;
    if (this.#quote && /[\s'"$&()*;<>?[\\\]^`{|}!~#]/.test(name)) return quoteName(name);
    return name;
  }

  #colored(entry: Entry, text: string): string {
    if (!this.#color) return text;
    const { kind, mode } = entry.facts;
    const code = {
      directory: "01;34",
      symlink: "01;36",
      character: "40;33;01",
      block: "40;33;01",
      fifo: "40;33",
      socket: "01;35",
      file: (mode & 0o111) !== 0 ? "01;32" : "",
    }[kind];
    const special = kind === "directory" && (mode & 0o1002) === 0o1002 ? "30;42" : code;
    return special === "" ? text : `\x1b[0m\x1b[${special}m${text}\x1b[0m`.replace("\x1b[0m\x1b[", "\x1b[");
  }

  #suffix(entry: Entry): string {
    const set = this.#options;
    const { kind, mode } = entry.facts;
    if (set.has("p") && kind === "directory") return "/";
    if (!set.has("F") && !set.has("ft")) return "";
    if (kind === "file") return set.has("F") && (mode & 0o111) !== 0 ? "*" : "";
    return { directory: "/", symlink: this.#long ? "" : "@", fifo: "|", socket: "=" }[kind as string] ?? "";
  }

  async #print(entries: readonly Entry[]): Promise<void> {
    if (this.#long) await this.#printLong(entries);
    else await this.#printNames(entries);
  }

  async #printNames(entries: readonly Entry[]): Promise<void> {
    const set = this.#options;
    const cells = entries.map((entry) => {
      const inode = set.has("i") ? `${entry.facts.inode} ` : "";
      const size = set.has("s") ? `${String(blocksOf(entry.facts)).padStart(4)} ` : "";
      const name = this.#shown(entry.name);
      const text = `${inode}${size}${name}${this.#suffix(entry)}`;
      return {
        text: `${inode}${size}${this.#colored(entry, name)}${this.#suffix(entry)}`,
        width: displayWidth(text),
      };
    });
    if (set.has("m")) {
      await this.#context.out(`${cells.map((cell) => cell.text).join(", ")}\n`);
      return;
    }
    const columnar = (this.#context.isTerminal(1) || set.has("C") || set.has("x")) && !set.has("1");
    if (!columnar) {
      for (const cell of cells) await this.#context.out(`${cell.text}\n`);
      return;
    }
    await this.#context.out(columns(cells, Number(set.value("w") ?? this.#context.columns()) || 80));
  }

  async #printLong(entries: readonly Entry[]): Promise<void> {
    const { world } = this.#context;
    const set = this.#options;
    const now = world.now();
    const users = new Map<number, string>();
    const name = (id: number, find: () => string | undefined, cache: Map<number, string>) => {
      if (set.has("n")) return String(id);
      let found = cache.get(id);
      if (found === undefined) {
        found = find() ?? String(id);
        cache.set(id, found);
      }
      return found;
    };
    const groups = new Map<number, string>();
    const rows = entries.map((entry) => {
      const { facts } = entry;
      const size =
        facts.rdev === undefined
          ? set.has("h")
            ? humanSize(facts.size)
            : String(facts.size)
          : `${facts.rdev.major}, ${String(facts.rdev.minor).padStart(3)}`;
      const at = localTime(world, set.has("c") ? facts.ctime : set.has("u") ? facts.atime : facts.mtime);
      return {
        inode: set.has("i") ? `${facts.inode} ` : "",
        blocks: set.has("s") ? `${blocksOf(facts)} ` : "",
        mode: modeText(facts),
        links: String(facts.nlink),
        user: set.has("g") ? "" : `${name(facts.uid, () => world.users.byUid(facts.uid)?.name, users)} `,
        group:
          set.has("o") || set.has("G")
            ? ""
            : `${name(facts.gid, () => world.users.groupByGid(facts.gid)?.name, groups)} `,
        size,
        time: this.#time(at, now),
        name: this.#colored(entry, this.#shown(entry.name)),
        suffix: this.#suffix(entry),
        target:
          facts.kind === "symlink" ? ` -> ${facts.target ?? this.#context.fs.readlink(entry.path)}` : "",
      };
    });
    const width = (pick: (row: (typeof rows)[number]) => string) =>
      Math.max(0, ...rows.map((row) => pick(row).length));
    const widths = {
      inode: width((row) => row.inode),
      blocks: width((row) => row.blocks),
      links: width((row) => row.links),
      user: width((row) => row.user),
      group: width((row) => row.group),
      size: width((row) => row.size),
    };
    for (const row of rows) {
      await this.#context.out(
        `${row.inode.padStart(widths.inode)}${row.blocks.padStart(widths.blocks)}${row.mode} ${row.links.padStart(widths.links)} ${row.user.padEnd(widths.user)}${row.group.padEnd(widths.group)}${row.size.padStart(widths.size)} ${row.time} ${row.name}${row.target}${row.suffix}\n`,
      );
    }
  }

  #time(at: ReturnType<typeof localTime>, now: number): string {
    const style = this.#options.value("style");
    if (this.#options.has("full") || style === "full-iso") return strftime("%Y-%m-%d %H:%M:%S.%N %z", at);
    if (style === "long-iso") return strftime("%Y-%m-%d %H:%M", at);
    if (style?.startsWith("+") === true) return strftime(style.slice(1), at);
    const recent = at.seconds <= now + 1 && at.seconds > now - 15_778_476;
    return strftime(recent ? "%b %e %H:%M" : "%b %e  %Y", at);
  }
}

export const lsPrograms: readonly Program[] = [{ names: ["ls", "dir", "vdir"], run: ls }];
