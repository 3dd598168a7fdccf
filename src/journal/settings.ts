import * as z from "zod";

export const journalSettings = z.strictObject({
  segmentMb: z.coerce.number().int().min(1).max(4096).default(128).meta({
    description: "size in MiB at which the active journal file is sealed",
    env: "DECNET_JOURNAL_SEGMENT_MB",
  }),
  keepSegments: z.coerce.number().int().min(0).max(10_000).default(2).meta({
    description: "sealed journal segments that stay although every consumer is past them",
    env: "DECNET_JOURNAL_KEEP_SEGMENTS",
  }),
});

export type JournalSettings = z.output<typeof journalSettings>;
