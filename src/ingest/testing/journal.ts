import type { JournalBatch, JournalLine, JournalPosition, JournalReader } from "#journal/contract.ts";

/** A journal of lines in memory, one segment, for tests of what stands behind a reader. */
export class MemoryJournal implements JournalReader {
  readonly #lines = new Map<string, Uint8Array[]>();

  append(line: string | Uint8Array, family = "decnet"): void {
    const bytes = typeof line === "string" ? Buffer.from(line) : line;
    this.#lines.set(family, [...(this.#lines.get(family) ?? []), bytes]);
  }

  families(): readonly string[] {
    return [...this.#lines.keys()];
  }

  read(
    family: string,
    from: JournalPosition | undefined,
    limits: { readonly lines: number; readonly bytes: number },
  ): JournalBatch {
    const lines: JournalLine[] = [];
    let offset = 0;
    let bytes = 0;
    for (const line of this.#lines.get(family) ?? []) {
      const begins = offset;
      offset += line.length + 1;
      if (begins < (from?.offset ?? 0)) continue;
      if (lines.length === limits.lines || (bytes > 0 && bytes + line.length > limits.bytes)) {
        offset = begins;
        break;
      }
      lines.push({ bytes: line, segment: 1, offset: begins, torn: false });
      bytes += line.length;
    }
    return { lines, next: position(family, offset), gaps: [], behindBytes: 0 };
  }

  end(family: string): JournalPosition {
    const lines = this.#lines.get(family) ?? [];
    return position(
      family,
      lines.reduce((sum, line) => sum + line.length + 1, 0),
    );
  }

  retire(): number {
    return 0;
  }

  [Symbol.dispose](): void {}
}

const position = (family: string, offset: number): JournalPosition => ({
  family,
  segment: 1,
  offset,
  device: "1",
  inode: "1",
  headHash: "h",
});
