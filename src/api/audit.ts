import type { Caller } from "./auth/caller.ts";
import type { RouteCall } from "./route.ts";

/** Writes one row of the audit log. Values that are secret never come here. */
export function audit(
  call: Pick<RouteCall, "api" | "client" | "request">,
  entry: {
    readonly caller?: Caller | null;
    /** Name that was given when nobody is signed in. */
    readonly claimed?: string;
    readonly action: string;
    readonly object?: string;
    readonly result: string;
  },
): Promise<void> {
  const { api, client, request } = call;
  const params = Object.values((request.params ?? {}) as Record<string, string>).join("/");
  return api.store.people.audit({
    at: api.clock.now() * 1000,
    actorUuid: entry.caller?.user.uuid ?? null,
    actor: entry.caller?.user.username ?? entry.claimed?.slice(0, 64) ?? "nobody",
    via: entry.caller?.via ?? "cookie",
    ip: client.ip,
    action: entry.action,
    object: entry.object ?? (params === "" ? null : params.slice(0, 512)),
    before: null,
    after: null,
    result: entry.result,
    requestId: request.id,
  });
}
