import type { Api } from "../contract.ts";
import type { Caller } from "./caller.ts";

/** Whether passwords that attackers tried are shown to this caller. */
export const seesSecrets = (api: Pick<Api, "settings">, caller: Pick<Caller, "user">): boolean =>
  caller.user.role === "admin" || api.settings.viewerSeesSecrets;
