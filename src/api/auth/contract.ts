import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import { instant } from "../shapes.ts";

export const userShape = z
  .strictObject({ uuid: z.string(), username: z.string(), role: z.enum(["viewer", "admin"]) })
  .meta({ id: "User" });

const sessionShape = z
  .strictObject({
    user: userShape,
    must_change_password: z.boolean(),
    csrf_token: z.string().nullable().meta({
      description: "For the header X-CSRF-Token of unsafe requests; null when called with a bearer token.",
    }),
    expires_at: instant,
  })
  .meta({ id: "SignedIn" });

const tokenShape = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal("bearer"),
    expires_in: z.int().meta({ description: "Seconds." }),
    must_change_password: z.boolean(),
  })
  .meta({ id: "AccessToken" });

export const login = defineRoute({
  id: "login",
  method: "POST",
  path: "/auth/login",
  role: "public",
  tag: "auth",
  summary: "Sign in: a cookie for browsers, or a bearer token for scripts",
  body: z.strictObject({
    username: z.string().min(1).max(64),
    password: z.string().min(1).max(256),
    grant: z
      .enum(["cookie", "token"])
      .default("cookie")
      .meta({ description: "`token` answers with a bearer token and sets no cookie." }),
  }),
  response: z.union([sessionShape, tokenShape]),
  problems: ["bad_credentials", "csrf", "rate"],
  allowance: "login",
});

export const currentSession = defineRoute({
  id: "currentSession",
  method: "GET",
  path: "/auth/session",
  role: "user",
  tag: "auth",
  summary: "Who is signed in, and what this installation offers",
  response: z
    .strictObject({
      ...sessionShape.shape,
      features: z.strictObject({
        version: z.string(),
        store: z.string().meta({ description: "Kind of the store." }),
        viewer_sees_secrets: z.boolean(),
        idle_lock_minutes: z.int(),
      }),
    })
    .meta({ id: "CurrentSession" }),
});

const done = z.strictObject({ message: z.string() }).meta({ id: "Done" });

export const logout = defineRoute({
  id: "logout",
  method: "POST",
  path: "/auth/logout",
  role: "user",
  tag: "auth",
  summary: "Sign out; the cookie or token is useless at once",
  response: done,
});

export const changePassword = defineRoute({
  id: "changePassword",
  method: "POST",
  path: "/auth/change-password",
  role: "user",
  tag: "auth",
  summary: "Change the own password; ends every other session of the user",
  body: z.strictObject({
    old_password: z.string().min(1).max(256),
    new_password: z.string().min(1).max(1024).meta({
      description: "12 to 256 bytes of UTF-8, not a common password, not the user name.",
    }),
  }),
  response: done,
  problems: ["bad_credentials", "rate"],
  allowance: "password",
});
