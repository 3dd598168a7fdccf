import * as z from "zod";
import { eventType } from "./catalogue.ts";

const since = "0.1.0";
const origin = "system";
const count = z.int().min(1).meta({ description: "how many" });
const time = z.string().meta({ description: "RFC 3339, UTC" });

/** Records that the pipeline writes about itself: APP-NAME `collector`, origin `system`. */
export const pipelineEvents = {
  gap: eventType(
    { description: "The history of a source is not whole.", since, origin },
    {
      reason: z
        .enum([
          "rotated_away",
          "history_mismatch",
          "corrupt",
          "missed_rotation",
          "sequence",
          "engine_restart",
          "no_follow",
          "spool_lost",
          "output_lost",
          "journal_lost",
        ])
        .meta({ description: "what happened" }),
      from: z.string().meta({ description: "last known point" }),
      to: z.string().meta({ description: "first point behind it" }),
      lines: z.int().min(0).optional().meta({ description: "lines that are missing, when known" }),
      bytes: z.int().min(0).optional().meta({ description: "bytes that are missing, when known" }),
    },
  ),
  suppressed: eventType(
    { description: "Events that were counted instead of recorded.", since, origin },
    {
      suppressed_type: z.string().meta({ description: "their type" }),
      reason: z.enum(["rate", "drop_app"]).meta({ description: "why" }),
      count,
      first: time,
      last: time,
    },
  ),
  unparsed_lines: eventType(
    { description: "Lines that are no records.", since, origin },
    {
      count,
      reason: z.string().max(32).meta({ description: "of the parser" }),
      sample: z.string().max(1_024).meta({ description: "the first of them" }),
    },
  ),
  identity_mismatch: eventType(
    { description: "Lines that claim another identity than their container has.", since, origin },
    {
      claimed_decky: z.string().optional().meta({ description: "the name they claim" }),
      claimed_service: z.string().optional().meta({ description: "the service they claim" }),
      count,
    },
  ),
  source_state: eventType(
    { description: "A source changed its state.", since, origin },
    {
      state: z.string().max(32).meta({ description: "the new state" }),
      detail: z.string().max(512).meta({ description: "why" }),
    },
  ),
  evidence_tamper: eventType(
    { description: "Something in a drop folder is not as its decoy would leave it.", since, origin },
    {
      kind: z
        .enum(["shard_shrunk", "shard_rewritten", "hash_mismatch", "bad_name", "bad_kind", "changed"])
        .meta({ description: "what is wrong" }),
      file: z.string().max(512).meta({ description: "name in the drop folder" }),
      detail: z.string().max(512).meta({ description: "what was found" }),
      count: count.optional(),
    },
  ),
} as const;
