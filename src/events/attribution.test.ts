import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { isRejection, parseLine } from "./parse.ts";
import { H } from "./testing/rows.ts";

// Large inputs, on a machine that may do other things.
vi.setConfig({ testTimeout: 30_000 });

function attributed(line: string): readonly [string, string] {
  const result = parseLine(line);
  if (isRejection(result)) throw new Error(`rejected: ${result.rejected}`);
  return [result.attacker_ip, result.attribution];
}

const prose = (msg: string) => attributed(`${H} app 1 - - ${msg}`);

describe("an address in prose", () => {
  test.each([
    ["Failed password for root from 192.0.2.41 port 22", "192.0.2.41"],
    ["Received disconnect from 192.0.2.41: 11: Bye", "192.0.2.41"],
    ["login FROM 192.0.2.41.", "192.0.2.41"],
    ["rhost=192.0.2.41, done", "192.0.2.41"],
    ["open failed, client: 192.0.2.41, server: _", "192.0.2.41"],
    ["open failed, client=[2001:db8::1]:80", "2001:db8::1"],
    ["peer SRC: 192.0.2.41", "192.0.2.41"],
    ["ROOT LOGIN on pts/2 (198.51.100.23)", "198.51.100.23"],
    ["peer 192.0.2.41:22 gone", "192.0.2.41"],
    ["to 0.0.0.0 then 192.0.2.41", "192.0.2.41"],
  ])("%j names %s", (msg, ip) => {
    expect(prose(msg)).toEqual([ip, "prose"]);
  });

  test.each([
    ["upstream client_ip='192.0.2.41')", "192.0.2.41"],
    ["x ip=host remote_addr=192.0.2.41:80, y", "192.0.2.41"],
  ])("%j names %s as a pair", (msg, ip) => {
    expect(prose(msg)).toEqual([ip, "message_kv"]);
  });

  test.each([
    "v1.2.3.4 and 1.2.3.4.5 and 4.18.260.1 and x1.2.3.4 and 1.2.3.4x",
    "http://192.0.2.41/x and 192.0.2.0/24 and a@192.0.2.41 and 192.0.2.41-2 and 192.0.2.41:99999",
    "away 1.2.3 from home",
    "zip=192.0.2.41x",
    "pam_unix(login:auth): check pass; rhost= user=x src=8.8.8.8",
    "pam_unix(login:auth): 192.0.2.41",
    "from",
    "carfrom 192.0.2.41x",
  ])("%j names nobody", (msg) => {
    expect(prose(msg)).toEqual(["Unknown", "none"]);
  });

  test("free-standing ones count only where the event has no type", () => {
    expect(attributed(`${H} app 1 notice - upstream 192.0.2.41 up`)).toEqual(["Unknown", "none"]);
  });

  test("is looked for in the first 8192 characters, never in half a word", () => {
    expect(prose(`${"x ".repeat(4_000)}from 192.0.2.41`)).toEqual(["192.0.2.41", "prose"]);
    expect(prose(`${"x ".repeat(5_000)}from 192.0.2.41`)).toEqual(["Unknown", "none"]);
    for (let pad = 8_160; pad < 8_192; pad++) {
      expect([
        ["Unknown", "none"],
        ["192.0.2.141", "prose"],
      ]).toContainEqual(prose(`${"x".repeat(pad)} from 192.0.2.141 ${"y".repeat(100)}`));
    }
  });

  test("is not looked for at start and stop", () => {
    for (const type of ["startup", "shutdown"]) {
      expect(attributed(`${H} app - ${type} - from 192.0.2.41 port 22`)).toEqual(["Unknown", "none"]);
    }
  });
});

describe("a shell audit line", () => {
  test("without src takes the first other address key", () => {
    expect(attributed(`${H} bash - - - CMD uid=0 ip=192.0.2.1 remote_ip=192.0.2.2 pwd=/ cmd=id`)).toEqual([
      "192.0.2.2",
      "message_kv",
    ]);
  });

  test("with an unusable src names nobody", () => {
    expect(attributed(`${H} bash - - - CMD uid=0 src=- ip=192.0.2.1 pwd=/ cmd=id`)).toEqual([
      "Unknown",
      "none",
    ]);
  });

  test("whose front is longer than what is searched names nobody", () => {
    const line = `${H} bash - - - CMD src=192.0.2.1 pwd=/${"a".repeat(9_000)} cmd=id`;
    expect(attributed(line)).toEqual(["Unknown", "none"]);
  });
});

/** What an attacker would write where his name goes. */
const bait = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "src=8.8.8.8",
        " src=8.8.8.8 ",
        "from 8.8.8.8 port 1",
        " from 8.8.8.8 port 1 ssh2",
        "rhost=8.8.8.8",
        " rhost=8.8.8.8 ",
        "client: 8.8.8.8",
        "remote_ip=8.8.8.8",
        "8.8.8.8",
        "(8.8.8.8)",
        " ",
        "=",
        "port",
        "Connection from 8.8.8.8 port 1",
        " user=x",
        " uid=0",
      ),
      fc.string({ maxLength: 6 }).filter((text) => !text.includes("[relay")),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

describe("what an attacker writes in place of a name", () => {
  const peer = "192.0.2.41";
  const S = "<86>1 2026-07-19T14:22:31+00:00 quill-07";
  const shapes: readonly (readonly [string, (name: string) => string])[] = [
    [
      "sshd failed password",
      (name) => `${S} sshd 2291 - - Failed password for ${name} from ${peer} port 40022 ssh2`,
    ],
    ["sshd invalid user", (name) => `${S} sshd 2291 - - Invalid user ${name} from ${peer} port 40022`],
    [
      "sshd accepted",
      (name) => `${S} sshd 2291 - - Accepted password for ${name} from ${peer} port 40022 ssh2`,
    ],
    [
      "sshd disconnected",
      (name) => `${S} sshd 2291 - - Disconnected from invalid user ${name} ${peer} port 40022 [preauth]`,
    ],
    [
      "sshd closed",
      (name) =>
        `${S} sshd 2291 - - Connection closed by authenticating user ${name} ${peer} port 40022 [preauth]`,
    ],
    [
      "pam failure",
      (name) =>
        `${S} sshd 2291 - - pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${peer}  user=${name}`,
    ],
  ];

  test.each(shapes)("%s: the peer is the peer", (_, line) => {
    fc.assert(
      fc.property(bait, (name) => {
        expect(attributed(line(name))).toEqual([peer, "prose"]);
      }),
      { numRuns: 200 },
    );
  });

  test("shell audit: directory and command never name anybody, a user name at most hides the peer", () => {
    const known: readonly string[] = [peer, "Unknown"];
    fc.assert(
      fc.property(
        bait.filter((name) => !name.includes(" cmd=")),
        bait.filter((name) => !name.includes(" cmd=")),
        bait,
        (user, cwd, text) => {
          const front = `CMD uid=0 user=root src=${peer} pwd=${cwd} cmd=${text}`;
          expect(attributed(`${H} bash - command - ${front}`)).toEqual([peer, "message_kv"]);
          const named = attributed(
            `${H} bash - - - CMD uid=0 user=${user} src=${peer} pwd=${cwd} cmd=${text}`,
          );
          expect(known).toContain(named[0]);
          expect(attributed(`${H} bash - - - CMD uid=0 pwd=${cwd} cmd=${text}`)).toEqual(["Unknown", "none"]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("prose never beats a field", () => {
    fc.assert(
      fc.property(bait, fc.constantFrom(`src_ip="${peer}"`, 'user="x"', ""), (text, pair) => {
        const sd = pair === "" ? "[relay@55555]" : `[relay@55555 ${pair}]`;
        const [ip, how] = attributed(`${H} telnet - - ${sd} ${text}`);
        expect([ip, how]).toEqual(pair.startsWith("src_ip") ? [peer, "field"] : ["Unknown", "none"]);
      }),
    );
  });
});
