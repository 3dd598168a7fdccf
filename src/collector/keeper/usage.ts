import { setImmediate } from "node:timers/promises";
import { TRANSCRIPTS } from "#events/shard.ts";
import type { Folder } from "#kernel/folder.ts";

/** Bytes in custody against their cap; counted once at the start, then with each file, then anew each hour. */
export class Usage {
  readonly #max: number;
  #bytes = 0;
  /** What was added while a count ran. */
  #since = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#max;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#since += bytes;
  }

  /** Looks at what is there: others (retention) remove files. */
  async count(root: Folder, contents: string): Promise<void> {
    this.#since = 0;
    let total = 0;
    for (const top of namesOf(root)) {
      if (top.startsWith(".") && top !== contents) continue;
      using folder = childOf(root, top);
      if (folder === undefined) continue;
      for (const name of namesOf(folder)) {
        using inner = childOf(folder, name);
        if (inner === undefined) continue;
        using counted = top === contents ? undefined : childOf(inner, TRANSCRIPTS);
        total += top === contents ? sizeOf(inner) : counted === undefined ? 0 : sizeOf(counted);
        await setImmediate();
      }
    }
    this.#bytes = total + this.#since;
  }
}

function childOf(folder: Folder, name: string): Folder | undefined {
  try {
    return folder.child(name);
  } catch {
    return undefined;
  }
}

function namesOf(folder: Folder): readonly string[] {
  const names: string[] = [];
  using entries = folder.entries();
  for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) names.push(entry.name);
  return names;
}

function sizeOf(folder: Folder): number {
  return namesOf(folder).reduce((sum, name) => sum + (folder.look(name)?.size ?? 0), 0);
}
