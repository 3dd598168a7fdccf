import * as z from "zod";
import { eventType } from "./catalogue.ts";

const base64 = (bytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9+/]*={0,2}$/)
    .max(Math.ceil(bytes / 3) * 4);

/**
 * Fields that the connection log adds to every event about a peer. Where an event's own schema names
 * `dst_port` (`lateral_attempt`), its own value stands: the port that the attacker wanted to reach.
 */
export const boundFields = {
  src_ip: z.string().meta({ description: "address of the peer" }),
  src_port: z.int().min(0).max(65_535).meta({ description: "port of the peer" }),
  dst_port: z.int().min(0).max(65_535).meta({ description: "port that was reached" }),
  conn: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .meta({ description: "the connection; random" }),
  sid: z.uuid().optional().meta({ description: "the recorded session the event belongs to" }),
} as const;

const since = "0.1.0";
const opened = { description: "A client connected; sent at once, so a port scan shows.", since };

/** `connect` under the name its protocol gives it. */
const connectionOpened = eventType(opened, {});

/** Events of every TCP decoy; ftp, smb and rdp name `connect` `connection`. */
export const commonEvents = {
  connect: connectionOpened,
  disconnect: eventType(
    { description: "A connection ended.", since },
    {
      duration_ms: z.int().min(0).meta({ description: "from accept to end" }),
      bytes_in: z.int().min(0).meta({ description: "bytes the client sent" }),
      bytes_out: z.int().min(0).meta({ description: "bytes the client was sent" }),
      reason: z
        .enum(["client", "timeout", "limit", "server", "reset"])
        .meta({ description: "who or what ended it" }),
      suppressed: z.int().min(1).optional().meta({ description: "events summed away on this connection" }),
    },
  ),
  protocol_error: eventType(
    { description: "The client broke the protocol.", since },
    {
      stage: z.string().max(64).meta({ description: "where in the protocol" }),
      error: z.string().max(512).meta({ description: "what was wrong" }),
      data_b64: base64(512).optional().meta({ description: "the bytes in question, at most 512" }),
    },
  ),
  foreign_protocol: eventType(
    { description: "The client spoke another protocol.", since },
    {
      guess: z
        .enum(["http", "tls", "ssh", "smtp", "rdp", "smb", "redis", "sip", "unknown"])
        .meta({ description: "which one" }),
      first_bytes_b64: base64(512).meta({ description: "what it sent first, at most 512 bytes" }),
    },
  ),
  limit_hit: eventType(
    { description: "A limit ended a connection.", since },
    { limit: z.string().max(64).meta({ description: "which one" }) },
  ),
  overload: eventType(
    { description: "Connections were refused because too many were open; summed.", since },
    {
      refused: z.int().min(1).meta({ description: "connections refused" }),
      sources: z.int().min(1).meta({ description: "addresses they came from" }),
      window_s: z.number().min(0).meta({ description: "length of the summed period" }),
    },
  ),
} as const;

/** Events that a decoy's process says about itself; they have no address. */
export const lifecycleEvents = {
  startup: eventType({ description: "A decoy listens.", since, origin: "system" }, {}),
  shutdown: eventType({ description: "A decoy stops.", since, origin: "system" }, {}),
  lines_lost: eventType(
    { description: "The emitter's queue was full.", since, origin: "system" },
    { count: z.int().min(1).meta({ description: "lines that were dropped" }) },
  ),
} as const;
