import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import { flag } from "../shapes.ts";

const recordingParams = z.strictObject({
  decky: z.string().max(255),
  sid: z.string().max(255),
});

const channel = z.enum(["o", "i", "r"]).meta({ description: "shown, sent, resized" });

export const getTranscript = defineRoute({
  id: "getTranscript",
  method: "GET",
  path: "/transcripts/{decky}/{sid}",
  role: "admin",
  tag: "transcripts",
  summary: "A part of a recorded session",
  params: recordingParams,
  query: z.strictObject({
    offset: z.coerce.number().int().min(0).max(100_000_000).default(0),
    limit: z.coerce.number().int().min(1).max(5000).default(500),
  }),
  response: z
    .strictObject({
      sid: z.string(),
      service: z.string(),
      header: z.looseObject({
        version: z.literal(2),
        width: z.int(),
        height: z.int(),
        timestamp: z.number(),
      }),
      events: z.array(z.tuple([z.number(), channel, z.string()])),
      offset: z.int(),
      limit: z.int(),
      total: z.int(),
      has_more: z.boolean(),
      truncated: z.boolean(),
    })
    .meta({ id: "Transcript" }),
  problems: ["bad_name", "unavailable"],
});

export const getCast = defineRoute({
  id: "getCast",
  method: "GET",
  path: "/transcripts/{decky}/{sid}/cast",
  role: "admin",
  tag: "transcripts",
  summary: "The recording as asciicast v2; `follow=true` goes on while the session is open",
  params: recordingParams,
  query: z.strictObject({ follow: flag.default("false") }),
  response: z
    .string()
    .meta({ description: "One JSON value a line: the header, then [time, channel, data]." }),
  produces: "application/x-asciicast",
  problems: ["bad_name", "capacity", "unavailable"],
});
