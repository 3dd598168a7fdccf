import * as z from "zod";
import { flag } from "#kernel/config.ts";

const minutes = z.coerce.number().int();

/** Settings of the API; `app` joins them with those of the other rooms. */
export const apiSettings = z.strictObject({
  host: z.string().min(1).max(255).default("127.0.0.1").meta({
    description: "Address the API and the dashboard listen on",
    env: "DECNET_API_HOST",
  }),
  port: z.coerce.number().int().min(0).max(65_535).default(8000).meta({
    description: "Port of the API and the dashboard; 0 picks a free one",
    env: "DECNET_API_PORT",
  }),
  allowPlainHttp: flag(false).meta({
    description: "Allows an address other than loopback without TLS; only behind a proxy that adds it",
    env: "DECNET_ALLOW_PLAIN_HTTP",
  }),
  sessionMinutes: minutes
    .min(1)
    .max(720)
    .default(240)
    .meta({
      description: "A sign-in ends after so many minutes without use, at the latest after 12 hours",
      env: "DECNET_SESSION_MINUTES",
      aliases: ["DECNET_JWT_EXP_MINUTES"],
    }),
  trustedProxies: z.string().max(4096).default("").meta({
    description: "Networks (comma-separated) whose X-Forwarded-For and X-Forwarded-Proto are believed",
    env: "DECNET_TRUSTED_PROXIES",
  }),
  secretKey: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, "needs 32 bytes in base64")
    .optional()
    .meta({
      description: "Key that signs cursors and cookies; unset = made once, beside the store",
      env: "DECNET_SECRET_KEY",
    }),
  adminUser: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/)
    .default("admin")
    .meta({ description: "Name of the first administrator", env: "DECNET_ADMIN_USER" }),
  adminPassword: z.string().min(12).max(256).optional().meta({
    description: "First password of the first administrator; unset = generated and printed once",
    env: "DECNET_ADMIN_PASSWORD",
  }),
  viewerSeesSecrets: flag(false).meta({
    description: "Shows passwords that attackers tried to viewers as well",
    env: "DECNET_VIEWER_SEES_SECRETS",
  }),
  limiterEnabled: flag(true).meta({
    description: "Limits requests per session; guessing of passwords is slowed either way",
    env: "DECNET_LIMITER_ENABLED",
  }),
  streamsPerUser: z.coerce.number().int().min(1).max(200).default(5).meta({
    description: "Live streams one user may hold open",
    env: "DECNET_SSE_MAX_PER_USER",
  }),
});

export type ApiSettings = Readonly<z.output<typeof apiSettings>>;
