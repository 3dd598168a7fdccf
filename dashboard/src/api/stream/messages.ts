import type { LogEvent, Stats } from "../model.ts";

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly reason: string;
}

/** A frame of the stream, read. */
export type Message =
  | { readonly kind: "logs"; readonly rows: readonly LogEvent[] }
  | { readonly kind: "stats"; readonly stats: Stats }
  | { readonly kind: "topic"; readonly type: string; readonly payload: Readonly<Record<string, unknown>> }
  | { readonly kind: "gap"; readonly gap: Gap }
  | { readonly kind: "reset"; readonly reason: string }
  | { readonly kind: "bye"; readonly reason: string };

export type Phase = "connecting" | "live" | "waiting" | "closed";

/** How the connection stands; `retryAt` (epoch ms) while waiting for the next try. */
export interface StreamState {
  readonly phase: Phase;
  readonly retryAt?: number;
  readonly reason?: string;
  /** Of the last frame, epoch ms. */
  readonly lastAt?: number;
}

/** Names of `event:` that carry `{topic, type, ts, payload}`. */
export const topicEvents = ["attacker.observed", "session.started", "session.ended"] as const;
export const controlEvents = ["gap", "reset", "bye"] as const;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/**
 * Reads one frame.
 *
 * @param name of `event:`, `message` when there was none.
 * @returns undefined for what this version does not know, and for what is not JSON.
 */
export function readFrame(name: string, data: string): Message | undefined {
  let body: unknown;
  try {
    body = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  if (name === "message") return readPlain(body);
  if (name === "gap") return readGap(body);
  if (name === "reset" || name === "bye") return { kind: name, reason: textOf(body["reason"]) };
  const payload = body["payload"];
  return isObject(payload) ? { kind: "topic", type: name, payload } : undefined;
}

function readPlain(body: Json): Message | undefined {
  const { type, data } = body as { type?: unknown; data?: unknown };
  if (type === "logs" && Array.isArray(data)) return { kind: "logs", rows: data as LogEvent[] };
  if (type === "stats" && isObject(data)) return { kind: "stats", stats: data as unknown as Stats };
  return undefined;
}

function readGap(body: Json): Message {
  const numberOf = (value: unknown) => (typeof value === "number" ? value : 0);
  return {
    kind: "gap",
    gap: {
      from: numberOf(body["from"]),
      to: numberOf(body["to"]),
      count: numberOf(body["count"]),
      reason: textOf(body["reason"]),
    },
  };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
