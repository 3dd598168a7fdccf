import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import {
  addressText,
  count,
  deckyName,
  instant,
  pageOf,
  pageQuery,
  searchText,
  serviceName,
  sinceShape,
  timeQuery,
} from "../shapes.ts";

export const credentialShape = z
  .strictObject({
    id: z.string(),
    attacker_uuid: z.string().nullable(),
    attacker_ip: z.string().nullable(),
    country_code: z.string().nullable(),
    decky: z.string(),
    service: z.string(),
    principal: z.string().nullable().meta({ description: "Account name as tried; null: none was given." }),
    secret_kind: z.string(),
    secret_printable: z.string().nullable().meta({ description: "null when masked." }),
    secret_b64: z.string().nullable().meta({ description: "null when masked." }),
    secret_sha256: z.string().nullable().meta({ description: "null when masked." }),
    masked: z.boolean(),
    outcome: z.string().nullable().meta({
      description: "`success` means the decoy's policy accepted it, not that a host was broken into.",
    }),
    first_seen: instant,
    last_seen: instant,
    attempt_count: count,
    success_count: count,
  })
  .meta({ id: "Credential" });

export const credentialPage = pageOf("CredentialPage", credentialShape);
export const credentialSort = z.enum(["-last_seen", "last_seen", "-attempt_count"]).default("-last_seen");

export const listCredentials = defineRoute({
  id: "listCredentials",
  method: "GET",
  path: "/credentials",
  role: "viewer",
  tag: "credentials",
  summary: "Secrets that were tried; masked for viewers",
  query: z.strictObject({
    search: searchText.optional().meta({
      description: "Part of the account name; for administrators also of the secret.",
    }),
    service: serviceName.optional(),
    attacker_ip: addressText.optional(),
    decky: deckyName.optional(),
    secret_kind: z.string().min(1).max(32).optional(),
    outcome: z.enum(["success", "failure"]).optional(),
    ...timeQuery,
    ...pageQuery,
    sort: credentialSort,
  }),
  response: credentialPage,
  problems: ["bad_cursor", "query_timeout"],
});

export const topCredentials = defineRoute({
  id: "topCredentials",
  method: "GET",
  path: "/credentials/top",
  role: "viewer",
  tag: "credentials",
  summary: "Most tried account names, secrets or pairs",
  query: z.strictObject({
    by: z.enum(["principal", "secret", "pair"]).default("pair"),
    since: sinceShape.optional().meta({ description: "Only those tried again within this time." }),
    limit: z.coerce.number().int().min(1).max(100).default(10),
  }),
  response: z
    .strictObject({
      by: z.enum(["principal", "secret", "pair"]),
      data: z.array(
        z
          .strictObject({
            principal: z.string().nullable(),
            secret: z.string().nullable().meta({ description: "Printable form; null when masked." }),
            masked: z.boolean(),
            attempts: count,
            attackers: count,
            successes: count,
          })
          .meta({ id: "TopCredential" }),
      ),
    })
    .meta({ id: "TopCredentials" }),
  problems: ["query_timeout"],
});
