import type { RecordingQuery } from "./find.ts";
import { castStream, readTranscript, type Transcript, type TranscriptRange } from "./recordings.ts";

/** A session of a decky, as people ask for it. */
export type RecordingName = Pick<RecordingQuery, "decky" | "sid">;

export interface RecordingReaderDeps {
  /** Folder of all artifacts. */
  readonly root: string;
  /** Where the store's row places a session; nothing when there is no row yet. */
  readonly locate?: (
    name: RecordingName,
  ) => Promise<{ readonly service: string; readonly shard: string; readonly isOpen: boolean } | undefined>;
}

export interface RecordingReader {
  read(name: RecordingName, range: TranscriptRange): Promise<Transcript | null>;
  cast(
    name: RecordingName,
    options: { readonly follow: boolean; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<string> | null>;
}

/** Recordings by decky and session id: the store's row says where, the indexes answer when it does not. */
export function createRecordingReader({ root, locate }: RecordingReaderDeps): RecordingReader {
  const query = async (name: RecordingName): Promise<RecordingQuery> => {
    const row = await locate?.(name);
    return row === undefined ? name : { ...name, service: row.service, shard: row.shard };
  };
  return {
    async read(name, range) {
      const found = await readTranscript(root, { ...(await query(name)), ...range });
      return found ?? (await readTranscript(root, { ...name, ...range })) ?? null;
    },
    async cast(name, { follow, signal }) {
      const options = {
        follow,
        signal,
        // A session without a row has just begun, or belongs to a foreign image: it may go on.
        isOpen: async () => (await locate?.(name))?.isOpen ?? true,
      };
      const found = await castStream(root, await query(name), options);
      return found ?? (await castStream(root, name, options)) ?? null;
    },
  };
}
