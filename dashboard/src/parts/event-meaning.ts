/** What one event says in a few words. A piece is ours (`say`) or the attacker's (`quote`). */
export type MeaningPart = { readonly say: string } | { readonly quote: string };

export interface EventLike {
  readonly event_type: string;
  readonly service: string;
  readonly msg: string;
  readonly fields: Readonly<Record<string, string>>;
}

const say = (text: string): MeaningPart => ({ say: text });
const quote = (text: string): MeaningPart => ({ quote: text });

type Fields = EventLike["fields"];
type Teller = (fields: Fields) => MeaningPart[];

/** A key of attacker data may be called anything, `constructor` included: only own keys count. */
const get = (fields: Fields, ...names: string[]): string | undefined => {
  const name = names.find((each) => Object.hasOwn(fields, each) && fields[each] !== "");
  return name === undefined ? undefined : fields[name];
};

function tried(fields: Fields): MeaningPart[] {
  const user = get(fields, "principal", "username", "user");
  const secret = get(fields, "secret_printable", "password");
  if (get(fields, "method") === "none" && secret === undefined)
    return [say("asked how to log in as"), ...optional(user)];
  const isKey = get(fields, "secret_kind") === "ssh_publickey" || get(fields, "method") === "publickey";
  const parts = [say(get(fields, "outcome") === "success" ? "accepted by policy" : "tried")];
  parts.push(user === undefined ? say("no user name") : quote(user));
  if (isKey) return [...parts, say("with a key"), ...optional(get(fields, "key_fp"))];
  if (secret !== undefined) return [...parts, say("/"), quote(secret)];
  const method = get(fields, "method");
  return method === undefined ? parts : [...parts, say(`by ${plainWord(method)}`)];
}

function ran(fields: Fields): MeaningPart[] {
  const text = get(fields, "cmd", "command", "query", "input", "line", "sql", "text");
  const more = get(fields, "args", "arg");
  if (text === undefined) return [say("ran a command")];
  return more === undefined ? [say("ran"), quote(text)] : [say("ran"), quote(text), quote(more)];
}

function requested(fields: Fields): MeaningPart[] {
  const method = get(fields, "method", "op", "function");
  const path = get(fields, "path", "uri", "url", "filename", "base", "address");
  return [...optional(method), ...optional(path), ...statusOf(fields)];
}

const statusOf = (fields: Fields): MeaningPart[] => {
  const status = get(fields, "status", "code");
  return status === undefined ? [] : [say("→"), quote(status)];
};

const optional = (text: string | undefined): MeaningPart[] => (text === undefined ? [] : [quote(text)]);

/** Our own closed words may be shown as words; anything else of a field is quoted. */
const plainWord = (text: string): string => (/^[a-z][a-z_-]{0,24}$/.test(text) ? text : "another method");

const took = (fields: Fields): MeaningPart[] => {
  const seconds = Number(get(fields, "duration_s"));
  return Number.isFinite(seconds) && seconds > 0 ? [say(`after ${seconds.toFixed(1)} s`)] : [];
};

const tellers: Readonly<Record<string, Teller>> = {
  auth_attempt: tried,
  auth: tried,
  login_attempt: tried,
  auth_response: tried,
  command: ran,
  shell_input: (fields) => [say("typed"), ...optional(get(fields, "text")), ...intoProgram(fields)],
  command_ended: (fields) => [say("command ended, exit"), ...optional(get(fields, "exit_code"))],
  query: ran,
  exec: ran,
  request: requested,
  http_request: requested,
  http_access: requested,
  connect: () => [say("connected")],
  connection: () => [say("connected")],
  disconnect: () => [say("disconnected")],
  client_banner: (fields) => [
    say("client says"),
    ...optional(get(fields, "banner", "client", "client_banner")),
  ],
  session_started: (fields) => [
    say(`opened a ${plainWord(get(fields, "kind") ?? "shell")} session as`),
    ...optional(get(fields, "user")),
  ],
  session_recorded: (fields) => [say("session ended"), ...took(fields)],
  session_skipped: () => [say("session ended, not recorded")],
  file_captured: (fields) => [say("left the file"), ...optional(get(fields, "orig_path", "stored_as"))],
  upload: (fields) => [say("uploaded"), ...optional(get(fields, "path", "orig_path", "filename"))],
  retr: (fields) => [say("fetched"), ...optional(get(fields, "path", "filename"))],
  download_attempt: (fields) => [say("tried to download"), ...optional(get(fields, "url", "path"))],
  machine_change: (fields) => [
    say(`changed ${plainWord(get(fields, "kind") ?? "")}:`),
    ...optional(get(fields, "path")),
  ],
  startup: () => [say("service started")],
  shutdown: () => [say("service stopped")],
  mail_from: (fields) => [say("mail from"), ...optional(get(fields, "mail_from", "value"))],
  rcpt_to: (fields) => [say("mail to"), ...optional(get(fields, "rcpt_to", "value"))],
  lines_lost: (fields) => [say("lines lost:"), ...optional(get(fields, "count"))],
};

function intoProgram(fields: Fields): MeaningPart[] {
  const reader = get(fields, "reader");
  return reader === undefined ? [] : [say("into"), quote(reader)];
}

/** Fields that say where from and how, not what. */
const BACKGROUND = new Set([
  "src_ip",
  "src_port",
  "src",
  "remote_port",
  "remote_addr",
  "conn",
  "sid",
  "service",
  "secret_b64",
]);
const OTHERS = 3;

/** Tells any event: the known types in words, the others by their first fields. */
export function meaningOf({ event_type, fields, msg }: EventLike): readonly MeaningPart[] {
  if (get(fields, "secret_b64") !== undefined) return tried(fields);
  const teller = Object.hasOwn(tellers, event_type) ? tellers[event_type] : undefined;
  const told = teller?.(fields) ?? [];
  if (told.length > 0) return told;
  const others = Object.entries(fields)
    .filter(([name]) => !BACKGROUND.has(name))
    .slice(0, OTHERS);
  if (others.length > 0)
    return [say(`${words(event_type)}:`), ...others.flatMap(([name, value]) => [quote(`${name}=${value}`)])];
  return msg === "" ? [say(words(event_type))] : [quote(msg)];
}

const words = (slug: string): string => plainSlug(slug).replaceAll("_", " ");
const plainSlug = (slug: string): string => (/^[a-z][a-z0-9_]{0,31}$/.test(slug) ? slug : "event");
