import { createHash } from "node:crypto";
import type { EventFields } from "../contract.ts";
import { textOf } from "../runtime/fields.ts";
import { formCredential, headerCredential } from "./credentials.ts";
import type { WebEvents } from "./events.ts";
import type { Form } from "./forms.ts";
import { headerOf } from "./request.ts";
import type { Handled } from "./session.ts";

const WHOLE_BODY = 8_192;
const PREVIEW = 512;
const HEADERS = 6_000;
const NAMES = 4_000;

/** Headers as a JSON object, names as sent, repeated ones as list; null-prototype, since names are the attacker's. */
function headersJson(headers: readonly (readonly [string, string])[]): string {
  const all = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of headers) {
    const before = all[name];
    if (before === undefined) all[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else all[name] = [before, value];
  }
  const whole = JSON.stringify(all);
  if (Buffer.byteLength(whole) <= HEADERS) return whole;
  // Too much: every name stays, values are cut.
  const cut = Object.fromEntries(
    headers.slice(0, 64).map(([name, value]) => [name.slice(0, 40), value.slice(0, 40)]),
  );
  return JSON.stringify(cut).slice(0, HEADERS);
}

export function namesJson(names: readonly string[]): string {
  const kept = [...names];
  while (kept.length > 0 && Buffer.byteLength(JSON.stringify(kept)) > NAMES) kept.pop();
  return JSON.stringify(kept);
}

const optional = <K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: string });

export interface RecordFacts {
  readonly remoteIp: string;
  readonly tls: boolean;
  readonly site: string;
  readonly route: string;
  readonly outcome?: "success" | "failure";
  readonly form: Form;
  readonly bodyStoredAs?: string;
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
}

/** HTTP is latin1 on the wire; people read UTF-8 where it is that. */
const shown = (latin1: string): string => textOf(Buffer.from(latin1, "latin1")).text;

/** The fields of a `request` event. */
export function requestFields(handled: Handled, facts: RecordFacts): EventFields<WebEvents, "request"> {
  const { exchange, body, answer } = handled;
  const { head } = exchange;
  const credential = headerCredential(head) ?? formCredential(facts.form.fields);
  const header = (name: string): string | undefined => {
    const value = headerOf(head, name);
    return value === undefined ? undefined : shown(value);
  };
  const size = body.bytes.length;
  const preview =
    size === 0 ? undefined : textOf(body.bytes.subarray(0, size <= WHOLE_BODY ? size : PREVIEW));
  return {
    ...credential,
    ...(credential === undefined || facts.outcome === undefined ? {} : { outcome: facts.outcome }),
    remote_addr: facts.remoteIp,
    method: head.method,
    path: shown(exchange.path),
    ...optional("query", exchange.query === "" ? undefined : shown(exchange.query)),
    ...optional("target", head.target.startsWith("/") ? undefined : shown(head.target)),
    proto: `HTTP/${head.version}`,
    ...optional("host", header("host")),
    status: answer.status,
    bytes_out: handled.bytesOut,
    headers: shown(headersJson(head.headers)),
    headers_ordered: namesJson(head.headers.map(([name]) => name)),
    ...optional("user_agent", header("user-agent")),
    ...optional("referer", header("referer")),
    ...optional("cookie", header("cookie")),
    ...optional("content_type", header("content-type")),
    ...optional("body", preview?.text),
    ...optional("body_b64", size <= WHOLE_BODY ? preview?.base64 : undefined),
    ...(size === 0
      ? {}
      : { body_size: size, body_sha256: createHash("sha256").update(body.bytes).digest("hex") }),
    ...optional("body_stored_as", facts.bodyStoredAs),
    ...optional("files", facts.files.length === 0 ? undefined : JSON.stringify(facts.files)),
    site: facts.site,
    route: facts.route,
    tls: facts.tls,
    duration_ms: Math.round(handled.durationMs),
  };
}
