import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import { count, instant } from "../shapes.ts";

export const deckyShape = z
  .strictObject({
    name: z.string(),
    hostname: z.string().nullable(),
    kind: z.string().meta({ description: "Where it runs: `local` or `docker`." }),
    host: z.string().nullable(),
    archetype: z.string().nullable(),
    state: z.enum(["running", "starting", "stopped", "failed"]),
    detail: z.string().nullable(),
    addresses: z.array(z.string()),
    services: z.array(
      z
        .strictObject({
          name: z.string(),
          title: z.string(),
          transport: z.enum(["tcp", "udp"]),
          address: z.string(),
          port: z.int(),
          state: z.enum(["running", "starting", "stopped", "failed"]),
          command: z.string().nullable().meta({ description: "Ready to paste: visits this service." }),
          hint: z.string().nullable().meta({ description: "Who gets in: a pair that the policy accepts." }),
        })
        .meta({ id: "DeckyService" }),
    ),
    hits: count.meta({ description: "Events of attackers, ever." }),
    last_event_at: instant.nullable(),
  })
  .meta({ id: "Decky" });

export const listDeckies = defineRoute({
  id: "listDeckies",
  method: "GET",
  path: "/deckies",
  role: "viewer",
  tag: "deckies",
  summary: "All decoy machines with their services",
  response: z.strictObject({ data: z.array(deckyShape), total: count }).meta({ id: "DeckyList" }),
});

export const getDecky = defineRoute({
  id: "getDecky",
  method: "GET",
  path: "/deckies/{name}",
  role: "viewer",
  tag: "deckies",
  summary: "One decoy machine",
  params: z.strictObject({ name: z.string().min(1).max(80) }),
  response: deckyShape,
});
