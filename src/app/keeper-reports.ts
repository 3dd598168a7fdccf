import { hostname } from "node:os";
import type { KeeperReport } from "#collector/keeper/reports.ts";
import { encodeOwn } from "#collector/own-record.ts";
import { journalFileOf } from "#collector/settings.ts";
import { openFileJournalWriter } from "#journal/file/writer.ts";
import type { Clock } from "#kernel/clock.ts";

export interface KeeperReports extends Disposable {
  /** Never throws: a report that cannot be written is counted and shows in the keeper's health. */
  readonly report: (report: KeeperReport) => void;
  readonly lost: number;
}

const received = (ns: bigint): string =>
  new Date(Number(ns / 1_000_000n))
    .toISOString()
    .replace("Z", `${String(ns % 1_000_000n).padStart(6, "0")}Z`);

/**
 * The keeper's own journal family beside the collector's, `decnet.keeper.json`: one writer a family, so
 * neither waits for the other.
 */
export function openKeeperReports(rawLogFile: string, clock: Clock): KeeperReports {
  const journal = openFileJournalWriter(journalFileOf(rawLogFile).replace(/\.json$/, ".keeper.json"));
  let lost = 0;
  return {
    get lost() {
      return lost;
    },
    report({ type, decky, service, fields }) {
      const now = clock.nowNs();
      const facts = {
        kind: "worker",
        host: hostname(),
        decky,
        service,
        aliases: [],
        addresses: [],
        received: received(now),
      } as const;
      try {
        journal.append(Buffer.from(`${encodeOwn({ type, fields }, facts, now).line}\n`));
      } catch {
        lost += 1;
      }
    },
    [Symbol.dispose]: () => journal[Symbol.dispose](),
  };
}
