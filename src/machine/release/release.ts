import { brotliDecompressSync } from "node:zlib";
import type { MachinePersona } from "../persona.ts";
import * as debian12 from "./debian-12.data.ts";
import { PackedTree } from "./packed-tree.ts";

export interface RecordedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly section: string;
  readonly priority: string;
  readonly size: number;
  readonly summary: string;
  readonly maintainer: string;
  readonly source: string;
  readonly depends: string;
  readonly provides: string;
  readonly multi: string;
  readonly manual: boolean;
  /** On every server; the others belong to a role. */
  readonly base: boolean;
}

export interface RecordedAccounts {
  readonly passwd: string;
  readonly group: string;
  readonly shadow: string;
}

/** One recorded release, shared by all machines of the process. */
export interface RecordedRelease {
  readonly id: MachinePersona["release"];
  readonly recordedOn: string;
  readonly tree: PackedTree;
  readonly packages: readonly RecordedPackage[];
  readonly accounts: RecordedAccounts;
  /** Recorded text of a file, latin1. */
  text(path: string): Buffer | undefined;
  /** Bytes it holds in memory. */
  readonly footprint: number;
}

interface RecordedData {
  readonly recordedOn: string;
  readonly tree: string;
  readonly contents: string;
  readonly packages: string;
}

class TextStore {
  readonly #bytes: Buffer;
  readonly #index = new Map<string, readonly [number, number]>();

  constructor(compressed: string) {
    const json = JSON.parse(
      brotliDecompressSync(Buffer.from(compressed, "base64")).toString("utf8"),
    ) as Readonly<Record<string, string>>;
    const parts: Buffer[] = [];
    let at = 0;
    for (const [path, text] of Object.entries(json)) {
      const bytes = Buffer.from(text, "latin1");
      this.#index.set(path, [at, at + bytes.length]);
      parts.push(bytes);
      at += bytes.length;
    }
    this.#bytes = Buffer.concat(parts);
  }

  get(path: string): Buffer | undefined {
    const range = this.#index.get(path);
    return range === undefined ? undefined : this.#bytes.subarray(range[0], range[1]);
  }

  get footprint(): number {
    return this.#bytes.length + this.#index.size * 160;
  }
}

function load(id: RecordedRelease["id"], data: RecordedData): RecordedRelease {
  const tree = new PackedTree(Buffer.from(data.tree, "base64"));
  const { packages, accounts } = JSON.parse(
    brotliDecompressSync(Buffer.from(data.packages, "base64")).toString("utf8"),
  ) as { packages: readonly RecordedPackage[]; accounts: RecordedAccounts };
  const texts = new TextStore(data.contents);
  return {
    id,
    recordedOn: data.recordedOn,
    tree,
    packages,
    accounts,
    text: (path) => texts.get(path),
    footprint: tree.footprint + texts.footprint + packages.length * 900,
  };
}

let debian: RecordedRelease | undefined;

/** Decoded on first use (≈ 60 ms) and kept: every decky of the process reads the same columns. */
export function debian12Release(): RecordedRelease {
  debian ??= load("debian-12", debian12);
  return debian;
}
