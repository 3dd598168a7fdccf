import * as z from "zod";
import { eventType } from "#events/catalogue.ts";
import { commonEvents, lifecycleEvents } from "#events/common-events.ts";
import { challengeFields, credentialFields } from "#events/credentials.ts";
import { fileEvents, sessionEvents } from "#events/session-events.ts";

const since = "0.1.0";
const text = (description: string) => z.string().meta({ description });

/** Events of every web decoy; shells that injected commands reach add those of sessions. */
export const webEvents = {
  ...commonEvents,
  ...lifecycleEvents,
  ...sessionEvents,
  ...fileEvents,
  request: eventType(
    { description: "An HTTP request and what it was answered.", since },
    {
      ...credentialFields,
      ...challengeFields,
      remote_addr: text("address of the peer, under the name web logs give it"),
      method: text("as sent"),
      path: text("as sent, without query"),
      query: text("behind the question mark, as sent").optional(),
      // `uri` belongs to digest credentials (`docs/records.md`), so the whole target has a name of its own.
      target: text("the whole request target when it was not a plain path").optional(),
      proto: z.enum(["HTTP/0.9", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0"]).meta({ description: "protocol" }),
      host: text("Host as sent").optional(),
      status: z.int().meta({ description: "status of the answer" }),
      bytes_out: z.int().meta({ description: "bytes of the answer" }),
      headers: z
        .string()
        .max(6_144)
        .meta({ description: "JSON object, names as sent, a repeated one as list" }),
      headers_ordered: z
        .string()
        .max(4_096)
        .meta({ description: "JSON list of names in wire order and case" }),
      user_agent: text("User-Agent").optional(),
      referer: text("Referer").optional(),
      cookie: text("Cookie").optional(),
      content_type: text("Content-Type").optional(),
      body: text("the body up to 8 KiB, else a preview of 512 bytes").optional(),
      body_b64: text("the same bytes when they are no UTF-8").optional(),
      body_size: z.int().optional().meta({ description: "bytes of the body" }),
      body_sha256: text("of the body").optional(),
      body_stored_as: text("name in the artifacts folder").optional(),
      files: text("JSON list of uploaded files: name, size, sha256").optional(),
      site: text("which site answered"),
      route: text("which of its routes"),
      tls: z.boolean().meta({ description: "came over TLS" }),
      duration_ms: z.int().meta({ description: "from the head to the answer" }),
      auth_scheme: z.string().max(64).optional().meta({ description: "form, Basic, Bearer, Digest" }),
    },
  ),
  upload: eventType(
    { description: "A client put a file through the protocol.", since },
    {
      path: text("where it wanted it"),
      size: z.int().meta({ description: "bytes" }),
      sha256: text("of the bytes"),
      method: text("how"),
      stored: z.boolean().meta({ description: "whether the bytes were kept" }),
    },
  ),
  callback: eventType(
    { description: "A lookup string that would make a server call somebody.", since },
    {
      scheme: z.string().max(32).meta({ description: "ldap, rmi, dns …" }),
      host: z.string().max(255).meta({ description: "whom" }),
      path: z.string().max(1_024).meta({ description: "what for" }),
      place: z.string().max(256).meta({ description: "where it stood" }),
    },
  ),
  http_request_fingerprint: eventType(
    { description: "What the order and case of a client's headers say about it.", since },
    {
      vantage: z.literal("decoy").meta({ description: "seen by the decoy" }),
      headers_ordered: z
        .string()
        .max(4_096)
        .meta({ description: "JSON list of names in wire order and case" }),
      order_hash: z.string().max(16).meta({ description: "of the names, lower case" }),
      casing_hash: z.string().max(16).meta({ description: "of the names as sent" }),
      proto: text("protocol"),
      method: text("as sent"),
      path: z.string().max(1_024).meta({ description: "as sent" }),
    },
  ),
  tls_client_hello: eventType(
    { description: "How a TLS client introduced itself.", since },
    {
      vantage: z.literal("decoy").meta({ description: "seen by the decoy" }),
      ja3: text("MD5 of ja3_raw").optional(),
      ja3_raw: text("version, ciphers, extensions, groups, point formats").optional(),
      ja4: text("JA4").optional(),
      ja4_raw: text("what JA4 hashes").optional(),
      tls_version: text("highest version offered").optional(),
      sni: z.string().max(255).optional().meta({ description: "server name asked for" }),
      alpn: z.string().max(512).optional().meta({ description: "protocols offered, comma-separated" }),
      raw_ciphers: text("as sent, hexadecimal, dash-separated").optional(),
      raw_extensions: text("as sent").optional(),
      sig_algs: text("as sent").optional(),
      groups: text("as sent").optional(),
    },
  ),
} as const;

export type WebEvents = typeof webEvents;
