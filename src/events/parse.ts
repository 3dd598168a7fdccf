import { type Finding, fromAuditBody, fromFields, fromProse } from "./attribution.ts";
import { defined } from "./defined.ts";
import { type Header, isBlank, parseHeader, unwrap } from "./header.ts";
import { type LineTime, parseLineTime } from "./line-time.ts";
import { type Flag, type ParsedLine, type Rejection, UNKNOWN_IP } from "./record.ts";
import { type AuditBody, isShellAudit, parseShellAudit } from "./shell-audit.ts";
import { parseStructuredData, type StructuredData } from "./structured-data.ts";

/**
 * Reads one line (`docs/records.md`). Pure, never throws, one scan in the length of the text.
 * What it returns are claims of the text: identity is bound by `bindIdentity`.
 *
 * @param text one line; one LF and then one CR are taken off its end
 * @param received RFC 3339, stands in for a timestamp that cannot be used; without it both times are ""
 */
export function parseLine(text: string, received?: string): ParsedLine | Rejection {
  const raw = withoutLineEnd(text);
  if (isBlankText(raw)) return { rejected: "empty", at: 0 };
  const lineBreak = raw.indexOf("\n");
  if (lineBreak !== -1) return { rejected: "line_break", at: lineBreak };
  const outer = parseHeader(raw);
  if ("rejected" in outer) return outer;
  const header = unwrap(outer);
  const data = parseStructuredData(header.rest);
  return assemble(raw, header, data, received);
}

/** True when the line was no record. */
export const isRejection = (result: ParsedLine | Rejection): result is Rejection => "rejected" in result;

function assemble(
  raw: string,
  header: Header,
  data: StructuredData,
  received: string | undefined,
): ParsedLine {
  const msg = trimMessage(data.msg);
  const flags: Flag[] = [...header.flags, ...data.flags];
  const hasRelayInMsg = msg.includes("[relay@55555");
  if (hasRelayInMsg) flags.push("sd_in_msg");
  const isAudit = isShellAudit(header.msgid, msg);
  const body = isAudit ? parseShellAudit(msg) : undefined;
  const { address, attribution } = attribute({
    header,
    data,
    msg,
    isSearched: !hasRelayInMsg,
    isAudit,
    body,
  });
  if (attribution === "field" && address?.port !== undefined)
    data.fields["remote_port"] ??= String(address.port);
  const own = parseLineTime(header.timestamp);
  const time = own ?? standIn(received);
  return defined<ParsedLine>({
    timestamp: time.timestamp,
    decky: header.hostname,
    service: header.app,
    event_type: isAudit ? "command" : header.msgid,
    attacker_ip: address?.ip ?? UNKNOWN_IP,
    fields: data.fields,
    msg,
    raw_line: raw,
    time: time.time,
    time_source: own === undefined ? "received" : "line",
    attribution,
    severity: header.severity,
    procid: header.procid === "-" ? undefined : header.procid,
    seq: data.seq,
    command: body?.command,
    flags: flags.length === 0 ? undefined : flags,
    traceparent: data.traceparent,
  });
}

interface Evidence {
  readonly header: Header;
  readonly data: StructuredData;
  readonly msg: string;
  /** False when the text of the message is not to be read. */
  readonly isSearched: boolean;
  readonly isAudit: boolean;
  readonly body: AuditBody | undefined;
}

function attribute({ header, data, msg, isSearched, isAudit, body }: Evidence): Finding {
  if (data.hasRelay) return fromFields(data.fields);
  if (!isSearched || msg === "" || header.msgid === "startup" || header.msgid === "shutdown") return nobody;
  if (isAudit) return body === undefined ? nobody : fromAuditBody(body);
  return fromProse(msg, header.msgid === "-");
}

const nobody: Finding = { address: undefined, attribution: "none" };
const noTime: LineTime = { timestamp: "", time: "" };

/** The host's own stamp in the forms of a record. */
export const standIn = (received: string | undefined): LineTime =>
  (received === undefined ? undefined : parseLineTime(received)) ?? noTime;

function withoutLineEnd(text: string): string {
  let end = text.length;
  if (end > 0 && text.charCodeAt(end - 1) === 0x0a) end--;
  if (end > 0 && text.charCodeAt(end - 1) === 0x0d) end--;
  return end === text.length ? text : text.slice(0, end);
}

function isBlankText(text: string): boolean {
  let i = 0;
  while (i < text.length && isBlank(text.charCodeAt(i))) i++;
  return i === text.length;
}

/** Blanks off both ends, then one byte order mark. */
function trimMessage(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  if (text.charCodeAt(start) === 0xfeff && start < end) start++;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
