import * as z from "zod";
import type { Origin } from "./record.ts";

/** Event type → schema of its fields, as `defineDecoy` takes them. */
export type EventSchemas = Readonly<Record<string, z.ZodObject>>;

export interface EventFacts {
  /** One line for the operator. */
  readonly description: string;
  /** Product version that first wrote it. */
  readonly since: string;
  /** Left out = `attacker`. */
  readonly origin?: Origin;
}

export interface EventDescription extends EventFacts {
  readonly type: string;
  readonly origin: Origin;
  readonly fields: readonly { readonly key: string; readonly optional: boolean; readonly meaning: string }[];
}

/** Declares one event type: strict fields, a one-line meaning, the version that brought it. */
export function eventType<const S extends z.ZodRawShape>(
  facts: EventFacts,
  fields: S,
): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(fields).meta({ ...facts });
}

/** What a catalogue says about its types, for documents, forms and tests. */
export function describeEvents(schemas: EventSchemas): readonly EventDescription[] {
  return Object.entries(schemas).map(([type, schema]) => {
    const meta = schema.meta();
    const since = meta?.["since"];
    return {
      type,
      description: meta?.description ?? "",
      since: typeof since === "string" ? since : "",
      origin: originOf(type),
      fields: Object.entries(schema.shape).map(([key, field]) => ({
        key,
        optional: z.safeParse(field, undefined).success,
        meaning: meaningOf(field),
      })),
    };
  });
}

/** Of the field itself or of what it wraps (`commandNumber.optional()`). */
function meaningOf(field: z.core.$ZodType): string {
  const own = z.globalRegistry.get(field)?.description;
  return own ?? (field instanceof z.ZodOptional ? meaningOf(field.unwrap()) : "");
}

/** Types that no attacker causes by himself: the pipeline and the machinery around the decoys. */
const systemTypes: ReadonlySet<string> = new Set([
  "startup",
  "shutdown",
  "lines_lost",
  "gap",
  "suppressed",
  "unparsed_lines",
  "identity_mismatch",
  "source_state",
  "evidence_tamper",
  "download_result",
  "tarpit_enabled",
  "tarpit_disabled",
  "decky_mutated",
  "decky_state",
  "drift",
  "address_conflict",
  "egress_denied",
  "host_state",
  "identity_clone",
]);

/**
 * Who caused an event that a decoy's line reports. Sensors state the origin of their records
 * themselves (`passive`, `active`), since they share event types with decoys.
 */
export const originOf = (type: string): Origin => (systemTypes.has(type) ? "system" : "attacker");

/** Types whose origin is `system`. */
export const systemEventTypes: readonly string[] = [...systemTypes];
