import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { StoreWriter } from "#store/sqlite/writer.ts";

const DECKY = /^[a-z0-9][a-z0-9_-]{0,79}$/;
const SERVICE = /^[a-z][a-z0-9_]{0,31}$/;
const ROWS = 200;

/** Artifacts whose event came before their bytes: looks whether the bytes are in quarantine by now. */
export class Arrivals {
  readonly #writer: StoreWriter;
  readonly #root: string;
  #after = "";

  constructor(writer: StoreWriter, root: string) {
    this.#writer = writer;
    this.#root = root;
  }

  /** Looks at some of the missing ones, the next time at the next ones. @returns artifacts that are there now */
  step(): number {
    const rows = this.#writer
      .statement(
        `SELECT a.sha256, s.decky, s.service, s.stored_as FROM artifacts a
         JOIN artifact_sightings s ON s.sha256 = a.sha256
         WHERE a.state = 'missing' AND a.sha256 > ? ORDER BY a.sha256 LIMIT ${ROWS}`,
      )
      .all(this.#after)
      .map((row) => ({
        sha256: String(row["sha256"]),
        decky: String(row["decky"]),
        service: String(row["service"]),
        storedAs: String(row["stored_as"]),
      }));
    this.#after = rows.length === ROWS ? (rows.at(-1)?.sha256 ?? "") : "";
    const arrived = new Map<string, { path: string; size: number }>();
    for (const { sha256, decky, service, storedAs } of rows) {
      if (!DECKY.test(decky) || !SERVICE.test(service)) continue;
      const path = `${decky}/${service}/${storedAs}`;
      const size = sizeOf(join(this.#root, path));
      if (size !== undefined) arrived.set(sha256, { path, size });
    }
    if (arrived.size > 0) this.#save(arrived);
    return arrived.size;
  }

  #save(arrived: ReadonlyMap<string, { readonly path: string; readonly size: number }>): void {
    const update = this.#writer.statement(
      "UPDATE artifacts SET state = 'present', path = ?, size = ? WHERE sha256 = ? AND state = 'missing'",
    );
    this.#writer.transaction(() => {
      for (const [sha256, { path, size }] of arrived) update.run(path, size, sha256);
    });
  }
}

/** Of a plain file; a link or anything else is not what the keeper puts there. */
function sizeOf(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : undefined;
}
