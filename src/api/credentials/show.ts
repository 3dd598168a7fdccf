import type { z } from "zod";
import type { CredentialRow } from "#store/repositories/credentials-read.ts";
import { instantOf } from "../paging/time-range.ts";
import type { credentialShape } from "./contract.ts";

export const showCredential = (
  row: CredentialRow,
  withSecrets: boolean,
): z.input<typeof credentialShape> => ({
  id: row.id,
  attacker_uuid: row.attacker_uuid,
  attacker_ip: row.attacker_ip,
  country_code: row.country_code,
  decky: row.decky_name,
  service: row.service,
  principal: row.principal,
  secret_kind: row.secret_kind,
  secret_printable: withSecrets ? row.secret_printable : null,
  secret_b64: withSecrets ? row.secret_b64 : null,
  // A hash of a common password is as good as the password.
  secret_sha256: withSecrets ? row.secret_sha256 : null,
  masked: !withSecrets,
  outcome: row.outcome,
  first_seen: instantOf(row.first_seen),
  last_seen: instantOf(row.last_seen),
  attempt_count: row.attempt_count,
  success_count: row.success_count,
});

/** Column and direction that a sort parameter names. */
export const credentialOrder = (
  sort: "-last_seen" | "last_seen" | "-attempt_count",
): { readonly sort: "last_seen" | "attempt_count"; readonly descending: boolean } => ({
  sort: sort === "-attempt_count" ? "attempt_count" : "last_seen",
  descending: sort !== "last_seen",
});
