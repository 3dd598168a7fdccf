/** Shapes that several resources share. */
import * as z from "zod";

export const instant = z.string().meta({ format: "date-time", description: "RFC 3339, UTC, `Z`." });
export const count = z.int().min(0);
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  .meta({ description: "Lower-case UUID." });
export const uuidParams = z.strictObject({ uuid });

const name = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !text.includes("\0"), "must not hold a zero byte");

export const deckyName = name(80);
export const serviceName = name(32);
export const eventType = name(64);
export const addressText = z.string().min(2).max(64);
export const searchText = z.string().max(512).meta({
  description: "Words and `key:value` tokens, all must hold; `-` negates, quotes group. See docs/api.md.",
});
export const flag = z.enum(["true", "false"]);

export const sinceShape = z.enum(["15m", "1h", "24h", "7d"]);
export type Since = z.output<typeof sinceShape>;

/** Query parameters of every list that knows time. */
export const timeQuery = {
  start_time: z.iso.datetime({ offset: true }).optional().meta({ description: "From here on, inclusive." }),
  end_time: z.iso.datetime({ offset: true }).optional().meta({ description: "Before this." }),
  since: sinceShape.optional().meta({ description: "Instead of start_time: back from now." }),
};

/** Query parameters of every list that comes in pages. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.string().max(1024).optional().meta({ description: "next_cursor or prev_cursor of a reply." }),
  offset: z.coerce.number().int().min(0).max(10_000).optional().meta({
    description: "For callers that page by number; not together with cursor.",
  }),
  count: z
    .enum(["capped", "exact", "none"])
    .default("capped")
    .meta({ description: "`capped` counts to 10 000, or what it found among the newest 10 000." }),
};

export const pageOf = <S extends z.ZodType>(id: string, row: S) =>
  z
    .strictObject({
      data: z.array(row),
      next_cursor: z.string().nullable(),
      prev_cursor: z.string().nullable(),
      limit: z.int(),
      offset: z.int().optional(),
      total: count.nullable().meta({ description: "null with count=none." }),
      total_exact: z.boolean(),
    })
    .meta({ id });
