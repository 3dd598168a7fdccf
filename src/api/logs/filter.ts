import type { EventFilter, SearchTerm } from "#store/repositories/event-filter.ts";
import { parseAddress } from "../address.ts";
import type { Caller } from "../auth/caller.ts";
import { seesSecrets } from "../auth/sees-secrets.ts";
import type { Api } from "../contract.ts";
import { ProblemError } from "../errors.ts";
import type { TimeRange } from "../paging/time-range.ts";
import { parseSearch } from "./search.ts";
import { isSecretField } from "./show.ts";

export interface LogQuery {
  readonly search?: string | undefined;
  readonly decky?: string | undefined;
  readonly service?: string | undefined;
  readonly event_type?: string | undefined;
  readonly attacker_ip?: string | undefined;
  readonly session_id?: string | undefined;
  readonly severity?: number | undefined;
  readonly origin?: string | undefined;
}

const invalid = (pointer: string, message: string): ProblemError =>
  new ProblemError("invalid", message, { errors: [{ pointer, message }] });

/** @throws {ProblemError} invalid with the position; forbidden when a viewer asks for a secret's value */
export function searchTerms(
  api: Pick<Api, "eventFields" | "settings">,
  caller: Pick<Caller, "user">,
  search: string | undefined,
): readonly SearchTerm[] {
  if (search === undefined) return [];
  const parsed = parseSearch(search, api.eventFields);
  if (!parsed.ok) {
    const message = `At character ${parsed.position + 1}: ${parsed.message}`;
    throw new ProblemError("invalid", message, {
      errors: [{ pointer: `/query/search/${parsed.position}`, message: parsed.message }],
    });
  }
  const secret = parsed.terms.some((term) => term.kind === "field" && isSecretField(term.name));
  if (secret && !seesSecrets(api, caller))
    throw new ProblemError("forbidden", "Only administrators may search for the value of a secret.");
  return parsed.terms;
}

/** An address or network from a query parameter. @throws {ProblemError} invalid */
export function addressParameter(
  name: string,
  text: string | undefined,
): { readonly address: string; readonly bits: number | null } | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address === undefined) throw invalid(`/query/${name}`, "This is no address and no network.");
  return address;
}

/** @throws {ProblemError} invalid, forbidden */
export const eventFilter = (
  api: Pick<Api, "eventFields" | "settings">,
  caller: Pick<Caller, "user">,
  query: LogQuery,
  range: TimeRange,
): EventFilter => ({
  terms: searchTerms(api, caller, query.search),
  decky: query.decky,
  service: query.service,
  eventType: query.event_type,
  address: addressParameter("attacker_ip", query.attacker_ip),
  sid: query.session_id,
  severity: query.severity,
  origin: query.origin,
  ...range,
});
