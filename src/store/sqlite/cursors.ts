import type { StoreWriter } from "./writer.ts";

/** Where a consumer of `events` or `outbox` stands: everything up to and with this row number is done. 0 at first. */
export function readSeqCursor(writer: StoreWriter, name: string): number {
  return Number(writer.statement("SELECT seq FROM cursors WHERE name = ?").get(name)?.["seq"] ?? 0);
}

/** Inside the transaction of the work that the cursor stands for. */
export function writeSeqCursor(
  writer: StoreWriter,
  cursor: { readonly name: string; readonly kind: "events" | "outbox"; readonly seq: number },
  nowUs: number,
): void {
  writer
    .statement(
      `INSERT INTO cursors (name, kind, seq, updated_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, updated_at = excluded.updated_at`,
    )
    .run(cursor.name, cursor.kind, cursor.seq, nowUs);
}
