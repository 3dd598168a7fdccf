import * as z from "zod";

export const ingestSettings = z.strictObject({
  batchSize: z.coerce.number().int().min(1).max(10_000).default(1000).meta({
    description: "journal records that are stored in one transaction, at most",
    env: "DECNET_BATCH_SIZE",
  }),
});

export type IngestSettings = z.output<typeof ingestSettings>;
