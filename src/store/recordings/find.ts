import { closeSync, constants, fstatSync, read } from "node:fs";
import { promisify } from "node:util";
import {
  DECKY_PATTERN,
  INDEX_SUFFIX,
  MAX_SESSION_BYTES,
  parseIndexLine,
  SERVICE_PATTERN,
  SHARD_PATTERN,
  type ShardRun,
  SID_PATTERN,
  TRANSCRIPTS,
} from "#events/shard.ts";
import { Folder } from "#kernel/folder.ts";

/** Shards of a service that are asked for a session that no row places. */
const MAX_SHARDS = 42;
const MAX_SERVICES = 64;
const PIECE = 1024 * 1024;
const LF = 0x0a;

export interface RecordingPlace {
  readonly decky: string;
  readonly service: string;
  /** File name of the shard. */
  readonly shard: string;
  readonly sid: string;
}

/** What to look for; without a service every service of the decky is asked, without a shard the newest 42. */
export interface RecordingQuery {
  readonly decky: string;
  readonly service?: string | undefined;
  readonly shard?: string | undefined;
  readonly sid: string;
}

/** Names become parts of paths: only these may. */
const isRecordingName = ({ decky, service, shard, sid }: RecordingQuery): boolean =>
  DECKY_PATTERN.test(decky) &&
  (service === undefined || SERVICE_PATTERN.test(service)) &&
  (shard === undefined || SHARD_PATTERN.test(shard)) &&
  SID_PATTERN.test(sid);

/**
 * Finds the shard that holds a session, by the indexes alone.
 *
 * @param root folder of all artifacts
 * @returns nothing for a name that may not be one and for a session that is not there
 */
export async function findRecording(
  root: string,
  query: RecordingQuery,
): Promise<RecordingPlace | undefined> {
  if (!isRecordingName(query)) return undefined;
  const { decky, sid } = query;
  for (const service of servicesOf(root, query)) {
    for (const shard of shardsOf(root, { ...query, service })) {
      const place = { decky, service, shard, sid };
      using reader = await openIndex(root, place);
      if (await reader?.hasAny()) return place;
    }
  }
  return undefined;
}

function servicesOf(root: string, { decky, service }: RecordingQuery): readonly string[] {
  if (service !== undefined) return [service];
  return namesIn(root, [decky], SERVICE_PATTERN).slice(0, MAX_SERVICES);
}

function shardsOf(root: string, query: RecordingQuery & { readonly service: string }): readonly string[] {
  if (query.shard !== undefined) return [query.shard];
  return namesIn(root, [query.decky, query.service, TRANSCRIPTS], SHARD_PATTERN)
    .toSorted()
    .toReversed()
    .slice(0, MAX_SHARDS);
}

function namesIn(root: string, path: readonly string[], pattern: RegExp): readonly string[] {
  using folder = openPath(root, path);
  if (folder === undefined) return [];
  const names: string[] = [];
  using entries = folder.entries();
  for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
    if (pattern.test(entry.name)) names.push(entry.name);
  }
  return names;
}

/** Opens a folder below the root, following no link; nothing when it is not there. */
function openPath(root: string, path: readonly string[]): Folder | undefined {
  let folder: Folder | undefined;
  try {
    folder = Folder.open(root);
    for (const name of path) {
      const inner: Folder = folder.child(name);
      folder[Symbol.dispose]();
      folder = inner;
    }
    return folder;
  } catch (error) {
    folder?.[Symbol.dispose]();
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Nobody there, or something that is no folder or file of ours. */
const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "ENAMETOOLONG"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );

/** Descriptor of a shard or index; nothing when there is none. */
export function openBelow(root: string, place: RecordingPlace, suffix: string): number | undefined {
  using folder = openPath(root, [place.decky, place.service, TRANSCRIPTS]);
  if (folder === undefined) return undefined;
  try {
    const fd = folder.openFile(`${place.shard}${suffix}`, constants.O_RDONLY);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    return undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export async function openIndex(root: string, place: RecordingPlace): Promise<IndexReader | undefined> {
  const fd = openBelow(root, place, INDEX_SUFFIX);
  return fd === undefined ? undefined : new IndexReader(fd, place.sid);
}

/** Reads the runs of one session from a growing index, each byte of it once. */
export class IndexReader implements Disposable {
  readonly #fd: number;
  readonly #sid: string;
  readonly #mark: Buffer;
  #position = 0;
  /** Bytes of the session seen so far. */
  #bytes = 0;
  /** The session is longer than what is read of one. */
  isCapped = false;

  constructor(fd: number, sid: string) {
    this.#fd = fd;
    this.#sid = sid;
    this.#mark = Buffer.from(`{"s":"${sid}"`);
  }

  /** Reads no further than the session's first run; for a reader that is used for nothing else. */
  async hasAny(): Promise<boolean> {
    const runs: ShardRun[] = [];
    const size = fstatSync(this.#fd).size;
    while (runs.length === 0 && this.#position < size && (await this.#piece(size, runs)));
    return runs.length > 0;
  }

  /** Runs that were added since the last call. */
  async next(): Promise<readonly ShardRun[]> {
    const runs: ShardRun[] = [];
    const size = fstatSync(this.#fd).size;
    while (this.#position < size && !this.isCapped && (await this.#piece(size, runs)));
    return runs;
  }

  /** @returns false when no whole line is left */
  async #piece(size: number, runs: ShardRun[]): Promise<boolean> {
    const bytes = await readRange(this.#fd, this.#position, Math.min(PIECE, size - this.#position));
    const end = bytes.lastIndexOf(LF) + 1;
    if (end > 0) this.#take(bytes.subarray(0, end), runs);
    this.#position += end;
    return end > 0;
  }

  /** Only lines that begin with the session's mark are parsed. */
  #take(bytes: Buffer, runs: ShardRun[]): void {
    for (let at = bytes.indexOf(this.#mark); at !== -1; at = bytes.indexOf(this.#mark, at + 1)) {
      if (at > 0 && bytes[at - 1] !== LF) continue;
      const parsed = parseIndexLine(bytes.toString("utf8", at, bytes.indexOf(LF, at)));
      if (parsed === undefined || !("run" in parsed) || parsed.run.sid !== this.#sid) continue;
      this.#bytes += parsed.run.length;
      if (this.#bytes > MAX_SESSION_BYTES) {
        this.isCapped = true;
        return;
      }
      runs.push(parsed.run);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

const readAsync = promisify(read);

/** Bytes of a file at a place; fewer at its end. */
export async function readRange(fd: number, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await readAsync(fd, buffer, got, length - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return buffer.subarray(0, got);
}
