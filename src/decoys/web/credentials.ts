import { secretFields } from "#events/credentials.ts";
import { headerOf, type RequestHead } from "./request.ts";

/** Names under which log-in forms send an account and its secret; the first that is present wins. */
const principalNames = [
  "username",
  "user",
  "email",
  "login",
  "userid",
  "account",
  "log",
  "user_login",
  "uname",
  "pma_username",
] as const;
const secretNames = [
  "password",
  "pass",
  "pwd",
  "passwd",
  "passwort",
  "mot_de_passe",
  "user_password",
  "pma_password",
] as const;

export type CredentialKeys = ReturnType<typeof secretFields> & {
  readonly principal?: string;
  readonly username?: string;
  readonly auth_scheme: string;
  readonly realm?: string;
  readonly nonce?: string;
  readonly qop?: string;
  readonly nc?: string;
  readonly cnonce?: string;
  readonly uri?: string;
};

const named = (principal: string | undefined): { principal?: string; username?: string } =>
  principal === undefined ? {} : { principal, username: principal };

/** A log-in by form; without a secret it is none. Names are compared without case. */
export function formCredential(
  fields: ReadonlyMap<string, string>,
  extra: { readonly principal?: readonly string[]; readonly secret?: readonly string[] } = {},
): CredentialKeys | undefined {
  const lower = new Map<string, string>();
  for (const [name, value] of fields)
    if (!lower.has(name.toLowerCase())) lower.set(name.toLowerCase(), value);
  const first = (names: readonly string[]): string | undefined => {
    for (const name of names) if (lower.has(name)) return lower.get(name);
    return undefined;
  };
  const secret = first([...secretNames, ...(extra.secret ?? [])]);
  if (secret === undefined) return undefined;
  return {
    ...named(first([...principalNames, ...(extra.principal ?? [])])),
    ...secretFields(Buffer.from(secret)),
    auth_scheme: "form",
  };
}

/** What the Authorization header proves: Basic, Bearer, Token, Digest. Others are not ours to read. */
export function headerCredential(head: RequestHead): CredentialKeys | undefined {
  const value = headerOf(head, "authorization");
  const match = /^(\S+)\s+(.*)$/s.exec(value ?? "");
  if (match === null) return undefined;
  const [, scheme = "", rest = ""] = match;
  switch (scheme.toLowerCase()) {
    case "basic":
      return basic(rest.trim());
    case "bearer":
    case "token":
      return { ...secretFields(Buffer.from(rest.trim(), "latin1"), "http_bearer"), auth_scheme: scheme };
    case "digest":
      return digest(rest);
    default:
      return undefined;
  }
}

function basic(encoded: string): CredentialKeys {
  const bytes = Buffer.from(encoded, "base64");
  const colon = bytes.indexOf(0x3a);
  const name = (colon < 0 ? bytes : bytes.subarray(0, colon)).toString("utf8");
  return {
    ...named(name),
    ...secretFields(colon < 0 ? Buffer.alloc(0) : bytes.subarray(colon + 1)),
    auth_scheme: "Basic",
  };
}

/** A response that cannot be checked without all it depends on is not recorded as a credential. */
function digest(text: string): CredentialKeys | undefined {
  const parts = new Map<string, string>();
  for (const [, name = "", quoted, plain] of text.matchAll(
    /(\w{1,32})\s*=\s*(?:"([^"]{0,2048})"|([^\s,]{1,2048}))/g,
  ))
    parts.set(name.toLowerCase(), quoted ?? plain ?? "");
  const [realm, nonce, uri, response] = ["realm", "nonce", "uri", "response"].map((name) => parts.get(name));
  if (realm === undefined || nonce === undefined || uri === undefined || response === undefined)
    return undefined;
  const optional = Object.fromEntries(
    ["qop", "nc", "cnonce"].flatMap((name) => {
      const value = parts.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    ...named(parts.get("username")),
    ...secretFields(Buffer.from(response, "latin1"), "http_digest_md5"),
    realm,
    nonce,
    uri,
    ...optional,
    auth_scheme: "Digest",
  };
}
