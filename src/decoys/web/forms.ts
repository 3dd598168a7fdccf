/** Parts that one body may have; more are not looked at. */
const MAX_PARTS = 200;

export interface FormFile {
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

export interface Form {
  /** First value of each name, in order. A `Map`, since names are the attacker's. */
  readonly fields: ReadonlyMap<string, string>;
  readonly files: readonly FormFile[];
}

const empty: Form = { fields: new Map(), files: [] };

/** `a=b&c=d` as browsers write it; what does not decode stays as it is. */
export function parseUrlencoded(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const pair of text.split("&", MAX_PARTS)) {
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (name !== "" && !fields.has(name)) fields.set(name, at < 0 ? "" : decode(pair.slice(at + 1)));
  }
  return fields;
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** A body by its content type: urlencoded, multipart, or a JSON object's plain members. */
export function parseForm(contentType: string, body: Buffer): Form {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/x-www-form-urlencoded")
    return { ...empty, fields: parseUrlencoded(body.toString("utf8")) };
  if (type === "multipart/form-data") return parseMultipart(contentType, body);
  if (type === "application/json" || type.endsWith("+json")) return { ...empty, fields: jsonMembers(body) };
  return empty;
}

function jsonMembers(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return fields;
    for (const [name, member] of Object.entries(value).slice(0, MAX_PARTS))
      if (["string", "number", "boolean"].includes(typeof member)) fields.set(name, String(member));
  } catch {
    // Not JSON after all: a body without fields.
  }
  return fields;
}

function parseMultipart(contentType: string, body: Buffer): Form {
  const boundary = /boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType);
  if (boundary === null) return empty;
  const mark = Buffer.from(`--${boundary[1] ?? boundary[2]}`, "latin1");
  const fields = new Map<string, string>();
  const files: FormFile[] = [];
  let at = body.indexOf(mark);
  for (let n = 0; at >= 0 && n < MAX_PARTS; n += 1) {
    const start = body.indexOf("\r\n", at + mark.length);
    const next = start < 0 ? -1 : body.indexOf(mark, start);
    if (next < 0) break;
    const part = readPart(body, start, next);
    if (part?.file !== undefined) files.push(part.file);
    else if (part !== undefined && !fields.has(part.name)) fields.set(part.name, part.value);
    at = next;
  }
  return { fields, files };
}

type Part =
  | { readonly file: FormFile }
  | { readonly file?: never; readonly name: string; readonly value: string };

/** What stands between two boundaries. */
function readPart(body: Buffer, start: number, next: number): Part | undefined {
  const headEnd = body.indexOf("\r\n\r\n", start);
  if (headEnd < 0 || headEnd >= next) return undefined;
  const head = body.subarray(start, headEnd).toString("utf8");
  const bytes = body.subarray(headEnd + 4, Math.max(headEnd + 4, next - 2));
  const name = /\bname="([^"]*)"/i.exec(head)?.[1] ?? "";
  const file = /\bfilename="([^"]*)"/i.exec(head)?.[1];
  if (file === undefined) return { name, value: bytes.toString("utf8") };
  return { file: { field: name, name: file, type: /^content-type:\s*(\S+)/im.exec(head)?.[1] ?? "", bytes } };
}
