/** Something the operator must know, to be written as a record of the pipeline. */
export interface KeeperReport {
  readonly type: "evidence_tamper" | "file_skipped";
  readonly decky: string;
  readonly service: string;
  readonly fields: Readonly<Record<string, string>>;
}

export type TamperKind =
  | "shard_shrunk"
  | "shard_rewritten"
  | "hash_mismatch"
  | "bad_name"
  | "bad_kind"
  | "changed";

/** One report per key and window; what comes in between is counted in the next. */
const WINDOW_MS = 60_000;
const MAX_KEYS = 4_096;

/** Whose folder it is. */
export interface Owner {
  readonly decky: string;
  readonly service: string;
}

/** Reports the first of a kind at once and sums the rest, so that a flood of files is no flood of records. */
export class Reports {
  readonly #report: (report: KeeperReport) => void;
  readonly #now: () => number;
  readonly #seen = new Map<string, { at: number; unsaid: number }>();
  /** All of them by kind, reported or summed. */
  readonly counts = new Map<string, number>();

  constructor(report: (report: KeeperReport) => void, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  tamper(owner: Owner, kind: TamperKind, what: { readonly file: string; readonly detail: string }): void {
    const { file, detail } = what;
    this.#say(owner, kind, {
      type: "evidence_tamper",
      fields: { kind, file: printable(file), detail: detail.slice(0, 512) },
    });
  }

  skipped(
    owner: Owner,
    reason: "size" | "quota" | "disk",
    file: { readonly name: string; readonly size: number },
  ): void {
    this.#say(owner, reason, {
      type: "file_skipped",
      fields: { orig_path: printable(file.name), size: String(file.size), reason },
    });
  }

  #say(owner: Owner, kind: string, report: Pick<KeeperReport, "type" | "fields">): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const key = `${owner.decky}/${owner.service}/${kind}`;
    const last = this.#seen.get(key);
    const now = this.#now();
    if (last !== undefined && now >= last.at && now - last.at < WINDOW_MS) {
      last.unsaid += 1;
      return;
    }
    const count = 1 + (last?.unsaid ?? 0);
    this.#remember(key, now);
    const fields = count === 1 ? report.fields : { ...report.fields, count: String(count) };
    this.#report({ type: report.type, decky: owner.decky, service: owner.service, fields });
  }

  #remember(key: string, at: number): void {
    this.#seen.delete(key);
    if (this.#seen.size >= MAX_KEYS) {
      const oldest = this.#seen.keys().next().value;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    this.#seen.set(key, { at, unsaid: 0 });
  }
}

/** Names come from a hostile folder. */
const printable = (name: string): string => name.toWellFormed().slice(0, 512);
