import * as z from "zod";

export const analysisSettings = z.strictObject({
  sessionGapS: z.coerce.number().int().min(10).max(86_400).default(300).meta({
    description: "seconds of silence after which a contact without a connection of its own is a new session",
    env: "DECNET_SESSION_GAP_S",
  }),
  sessionLostS: z.coerce.number().int().min(60).max(604_800).default(3600).meta({
    description: "seconds of silence after which an open session counts as lost",
    env: "DECNET_SESSION_LOST_S",
  }),
});

export type AnalysisSettings = z.output<typeof analysisSettings>;
