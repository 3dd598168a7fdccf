import { createHash, randomUUID } from "node:crypto";
import { constants, fstatSync, linkSync, rmdirSync, rmSync, type Stats, unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { STORED_PATTERN } from "#events/shard.ts";
import type { Folder } from "#kernel/folder.ts";
import type { Owner, Reports } from "./reports.ts";
import type { Usage } from "./usage.ts";

/** Largest captured file. */
const MAX_FILE_BYTES = 50 * 1024 * 1024;
const PIECE = 256 * 1024;
/** Files on their way in; what a kill leaves there is cleared at the next start. */
const INCOMING = ".incoming";
/** Each content once: `.sha256/<2 hex>/<64 hex>`, to which the files of the deckies are hard links. */
export const CONTENTS = ".sha256";
/** A `.part` that nobody finished. */
const STALE_PART_MS = 24 * 3_600_000;

export interface StoredFile extends Owner {
  readonly storedAs: string;
  readonly sha256: string;
  readonly size: number;
}

export interface CustodyDeps {
  /** The folder of all artifacts. */
  readonly root: Folder;
  readonly reports: Reports;
  readonly usage: Usage;
  readonly now: () => number;
  /** A file is in custody. */
  readonly onStored: (file: StoredFile) => void;
}

/**
 * Takes captured files out of the decoys' reach: the bytes are copied to a file of our own while they
 * are hashed, so that no descriptor the decoy still holds can change them, and the name must agree with
 * the hash. What is no such file is removed and reported, or a drop folder could fill the host's disk.
 */
export class Custody {
  readonly #deps: CustodyDeps;
  stored = 0;
  bytes = 0;

  constructor(deps: CustodyDeps) {
    this.#deps = deps;
    this.#deps.root.ensureChild(CONTENTS, 0o750)[Symbol.dispose]();
    this.#deps.root.ensureChild(INCOMING, 0o750)[Symbol.dispose]();
  }

  /** Clears what an earlier process left half done. */
  clear(): void {
    using incoming = this.#deps.root.child(INCOMING);
    using entries = incoming.entries();
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      rmSync(incoming.pathOf(entry.name), { recursive: true, force: true });
    }
  }

  /** Deals with one entry of a `files` folder. @returns true when it is gone from there */
  async take(owner: Owner, source: Folder, name: string): Promise<boolean> {
    const facts = source.look(name);
    if (facts === undefined) return true;
    const { reports, usage } = this.#deps;
    if (facts.isDirectory()) return this.#leaveFolder(owner, source, name);
    if (name.endsWith(".part")) return this.#leavePart(source, name, facts);
    const remove = () => unlinkSync(source.pathOf(name));
    if (!facts.isFile()) {
      reports.tamper(owner, "bad_kind", { file: name, detail: "not a plain file" });
      remove();
    } else if (!STORED_PATTERN.test(name)) {
      reports.tamper(owner, "bad_name", { file: name, detail: `${facts.size} bytes` });
      remove();
    } else if (facts.size > MAX_FILE_BYTES) {
      reports.skipped(owner, "size", { name, size: facts.size });
      remove();
    } else if (!usage.hasRoom(facts.size)) {
      reports.skipped(owner, "quota", { name, size: facts.size });
      remove();
    } else {
      return this.#takeFile(owner, source, name);
    }
    return true;
  }

  /** Walking a folder that others can change leads anywhere, so only an empty one is removed. */
  #leaveFolder(owner: Owner, source: Folder, name: string): boolean {
    this.#deps.reports.tamper(owner, "bad_kind", { file: name, detail: "a folder" });
    try {
      rmdirSync(source.pathOf(name));
      return true;
    } catch {
      return false;
    }
  }

  /** The decoy still writes it, or died while it did. */
  #leavePart(source: Folder, name: string, facts: Stats): boolean {
    if (this.#deps.now() - facts.mtimeMs < STALE_PART_MS) return false;
    unlinkSync(source.pathOf(name));
    return true;
  }

  async #takeFile(owner: Owner, source: Folder, name: string): Promise<boolean> {
    const { root, reports } = this.#deps;
    using incoming = root.child(INCOMING);
    const temporary = randomUUID();
    try {
      const copied = await this.#copy(source, name, incoming.pathOf(temporary));
      if (copied === undefined) {
        reports.tamper(owner, "changed", {
          file: name,
          detail: "it grew or turned into something else while it was read",
        });
      } else if (!isNamedAfter(name, copied.sha256)) {
        const detail = `${copied.size} bytes with SHA-256 ${copied.sha256}`;
        reports.tamper(owner, "hash_mismatch", { file: name, detail });
      } else {
        this.#keep(owner, incoming.pathOf(temporary), { ...owner, storedAs: name, ...copied });
      }
    } finally {
      rmSync(incoming.pathOf(temporary), { force: true });
    }
    unlinkSync(source.pathOf(name));
    return true;
  }

  /** @returns facts of what was copied; nothing when the source is not what it was a moment ago */
  async #copy(
    source: Folder,
    name: string,
    to: string,
  ): Promise<{ sha256: string; size: number } | undefined> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const from = await open(source.pathOf(name), flags);
    try {
      if (!fstatSync(from.fd).isFile()) return undefined;
      const target = await open(to, "wx", 0o640);
      try {
        const hash = createHash("sha256");
        const piece = Buffer.allocUnsafe(PIECE);
        let size = 0;
        for (;;) {
          const { bytesRead } = await from.read(piece, 0, PIECE, size);
          if (bytesRead === 0) break;
          size += bytesRead;
          if (size > MAX_FILE_BYTES) return undefined;
          const bytes = piece.subarray(0, bytesRead);
          hash.update(bytes);
          await target.writeFile(bytes);
        }
        await target.chmod(0o640);
        await target.sync();
        return { sha256: hash.digest("hex"), size };
      } finally {
        await target.close();
      }
    } finally {
      await from.close();
    }
  }

  /** Links the content under its hash and under its name; repeating any step is harmless. */
  #keep(owner: Owner, temporary: string, file: StoredFile): void {
    const { root, usage, reports } = this.#deps;
    using contents = root.child(CONTENTS);
    using group = contents.ensureChild(file.sha256.slice(0, 2), 0o750);
    using decky = root.ensureChild(owner.decky, 0o750);
    using service = decky.ensureChild(owner.service, 0o750);
    const content = group.pathOf(file.sha256);
    const named = service.pathOf(file.storedAs);
    if (tryLink(temporary, content) === "made") usage.add(file.size);
    let made = tryLink(content, named);
    if (made === "too_many") {
      // A file system allows only so many names of one content: then it is stored once more.
      unlinkSync(content);
      linkSync(temporary, content);
      usage.add(file.size);
      made = tryLink(content, named);
    }
    if (made === "taken" && service.look(file.storedAs)?.size !== file.size) {
      reports.tamper(owner, "changed", {
        file: file.storedAs,
        detail: "another file of this name is in custody",
      });
      return;
    }
    this.stored += 1;
    this.bytes += file.size;
    this.#deps.onStored(file);
  }
}

function tryLink(existing: string, name: string): "made" | "taken" | "too_many" {
  try {
    linkSync(existing, name);
    return "made";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return "taken";
    if (code === "EMLINK") return "too_many";
    throw error;
  }
}

const isNamedAfter = (name: string, sha256: string): boolean =>
  name.slice(name.indexOf("_") + 1).startsWith(`${sha256.slice(0, 12)}_`);
