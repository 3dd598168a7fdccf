import type * as z from "zod";
import type { commonEvents } from "#events/common-events.ts";

type Guess = z.output<typeof commonEvents.foreign_protocol>["guess"];

const signs: readonly (readonly [Guess, (bytes: Buffer) => boolean])[] = [
  ["tls", (b) => b.length >= 3 && b[0] === 0x16 && b[1] === 0x03 && (b[2] ?? 9) <= 4],
  ["rdp", (b) => b.length >= 6 && b[0] === 0x03 && b[1] === 0x00 && b[5] === 0xe0],
  ["smb", (b) => b.length >= 8 && (b[4] === 0xff || b[4] === 0xfe) && b.toString("latin1", 5, 8) === "SMB"],
  ["ssh", (b) => b.toString("latin1", 0, 4) === "SSH-"],
  ["redis", (b) => /^(\*\d+\r\n|(PING|INFO|CONFIG|SLAVEOF|AUTH) ?)/i.test(b.toString("latin1", 0, 16))],
  ["sip", (b) => /^[A-Z]+ sips?:/.test(b.toString("latin1", 0, 24))],
  [
    "http",
    (b) => /^(GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|TRACE|PATCH|PRI) \S/.test(b.toString("latin1", 0, 32)),
  ],
  ["smtp", (b) => /^(EHLO|HELO|MAIL FROM)\b/i.test(b.toString("latin1", 0, 12))],
];

/** Which protocol somebody speaks who came to the wrong port. */
export const guessProtocol = (first: Buffer): Guess =>
  signs.find(([, matches]) => matches(first))?.[0] ?? "unknown";
