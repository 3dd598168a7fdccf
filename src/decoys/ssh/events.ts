import * as z from "zod";
import { eventType } from "#events/catalogue.ts";
import { commonEvents, lifecycleEvents } from "#events/common-events.ts";
import { credentialFields } from "#events/credentials.ts";
import { sessionEvents } from "#events/session-events.ts";

const since = "0.1.0";
const host = z.string().max(255);
const port = z.int().min(0).max(4_294_967_295);

/** Events of the ssh decoy; those of its sessions are shared with every other shell. */
export const sshEvents = {
  ...commonEvents,
  ...lifecycleEvents,
  ...sessionEvents,
  auth_attempt: eventType(
    { description: "A log-in attempt.", since },
    {
      ...credentialFields,
      username_b64: z.string().optional().meta({ description: "the name's bytes when they are no UTF-8" }),
      key_type: z.string().max(64).optional().meta({ description: "public key: its type" }),
      key_fp: z.string().max(64).optional().meta({ description: "public key: SHA256 fingerprint" }),
      signed: z.boolean().optional().meta({ description: "public key: offered (false) or proved (true)" }),
      client: z.string().max(255).meta({ description: "the client's software" }),
    },
  ),
  ssh_client_banner: eventType(
    { description: "How the client introduced itself.", since },
    {
      vantage: z.literal("decoy").meta({ description: "who saw it" }),
      ssh_version: z.string().max(16).meta({ description: "protocol version" }),
      software: z.string().max(512).meta({ description: "program" }),
      comments: z.string().max(512).meta({ description: "what follows it" }),
      repeats: z.int().optional().meta({ description: "equal ones of this source since the last event" }),
    },
  ),
  ssh_client_kex: eventType(
    { description: "The client's algorithm lists.", since },
    {
      vantage: z.literal("decoy").meta({ description: "who saw it" }),
      hassh: z.string().max(32).meta({ description: "MD5 of hassh_algorithms" }),
      hassh_algorithms: z.string().meta({ description: "kex;encryption;mac;compression" }),
      kex_algorithms: z.string().meta({ description: "as sent" }),
      encryption_c2s: z.string().meta({ description: "as sent" }),
      mac_c2s: z.string().meta({ description: "as sent" }),
      compression_c2s: z.string().meta({ description: "as sent" }),
      languages: z.string().max(256).meta({ description: "as sent" }),
      repeats: z.int().optional().meta({ description: "equal ones of this source since the last event" }),
    },
  ),
  env: eventType(
    { description: "The client set a variable for its session.", since },
    {
      name: z.string().max(256).meta({ description: "variable" }),
      value: z.string().max(256).meta({ description: "content" }),
    },
  ),
  subsystem: eventType(
    { description: "The client asked for a subsystem.", since },
    { name: z.string().max(256).meta({ description: "which one" }) },
  ),
  tcpip_request: eventType(
    { description: "The client asked for a forwarded connection or port.", since },
    {
      dest_host: host.meta({ description: "where to; for a forwarded port, the address to listen on" }),
      dest_port: port.meta({ description: "where to" }),
      orig_host: host.meta({ description: "who is said to connect" }),
      orig_port: port.meta({ description: "who is said to connect" }),
      direction: z.enum(["out", "listen"]).meta({ description: "direct-tcpip or tcpip-forward" }),
      granted: z.boolean().meta({ description: "the answer" }),
    },
  ),
  upload: eventType(
    { description: "The client put a file.", since },
    {
      path: z.string().max(4_096).meta({ description: "where" }),
      size: z.int().min(0).meta({ description: "bytes" }),
      sha256: z.string().meta({ description: "of the bytes" }),
      method: z.enum(["sftp", "scp"]).meta({ description: "how" }),
      stored: z.boolean().meta({ description: "the bytes were captured" }),
    },
  ),
  retr: eventType(
    { description: "The client took a file.", since },
    {
      path: z.string().max(4_096).meta({ description: "which" }),
      size: z.int().min(0).meta({ description: "bytes" }),
      method: z.enum(["sftp", "scp"]).meta({ description: "how" }),
      direction: z.literal("out").meta({ description: "from the machine" }),
    },
  ),
} as const;

export type SshEvents = typeof sshEvents;
