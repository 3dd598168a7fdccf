import { defined } from "./defined.ts";
import type { ShellAudit } from "./record.ts";

/** The body of a shell audit line: `CMD uid=… user=… src=… pwd=… cmd=…`. */
export interface AuditBody {
  readonly command: ShellAudit;
  /** Pairs in front of `pwd=`; keys that occur twice are left out. */
  readonly pairs: ReadonlyMap<string, string>;
  /** True when `src` stood there, usable or not. */
  readonly hasSrc: boolean;
  /** Characters of the message in front of ` cmd=`. */
  readonly frontLength: number;
}

const PREFIX = "CMD ";
const TEXT_MARK = " cmd=";

export const isShellAudit = (msgid: string, msg: string): boolean =>
  (msgid === "-" || msgid === "command") && msg.startsWith(PREFIX);

/** Reads the body; nothing when no ` cmd=` is in it. The text behind it is left alone. */
export function parseShellAudit(msg: string): AuditBody | undefined {
  const mark = msg.indexOf(TEXT_MARK, PREFIX.length - 1);
  if (mark === -1) return undefined;
  const front = msg.slice(PREFIX.length, mark);
  const pwdAt = wordStart(front, "pwd=");
  const { pairs, seen } = parsePairs(pwdAt === -1 ? front : front.slice(0, Math.max(0, pwdAt - 1)));
  return {
    command: defined<ShellAudit>({
      text: msg.slice(mark + TEXT_MARK.length),
      uid: pairs.get("uid"),
      user: pairs.get("user"),
      src: pairs.get("src"),
      pwd: pwdAt === -1 ? undefined : front.slice(pwdAt + 4),
    }),
    pairs,
    hasSrc: seen.has("src"),
    frontLength: mark,
  };
}

/** Where `word` first stands at the start or behind a space; -1 when nowhere. */
function wordStart(text: string, word: string): number {
  if (text.startsWith(word)) return 0;
  const at = text.indexOf(` ${word}`);
  return at === -1 ? -1 : at + 1;
}

/** `key=value` pairs, a value running to the next ` key=`. */
function parsePairs(text: string): { pairs: ReadonlyMap<string, string>; seen: ReadonlySet<string> } {
  const pairs = new Map<string, string>();
  const seen = new Set<string>();
  let key: string | undefined;
  let valueAt = 0;
  const close = (end: number) => {
    if (key === undefined) return;
    if (seen.has(key)) pairs.delete(key);
    else pairs.set(key, text.slice(valueAt, end));
    seen.add(key);
  };
  for (let at = 0; at < text.length; at = nextWord(text, at)) {
    const end = keyEnd(text, at);
    if (end === -1) continue;
    close(at - 1);
    key = text.slice(at, end);
    valueAt = end + 1;
  }
  close(text.length);
  return { pairs, seen };
}

function nextWord(text: string, at: number): number {
  const space = text.indexOf(" ", at);
  return space === -1 ? text.length : space + 1;
}

/** Where the `=` behind a key at `at` is; -1 when no key begins there. */
function keyEnd(text: string, at: number): number {
  let i = at;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const lower = code | 0x20;
    const isKey = (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f;
    if (!isKey) break;
  }
  return i > at && text.charCodeAt(i) === 0x3d ? i : -1;
}
