import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClientHello, helloLength, ja3, ja4, parseClientHello } from "./tls-client-hello.ts";

const numbers = (text: string) => (text === "" ? [] : text.split("-").map(Number));
const fromJa3 = (text: string): ClientHello => {
  const [version = "", ciphers = "", extensions = "", groups = "", points = ""] = text.split(",");
  return {
    version: Number(version),
    ciphers: numbers(ciphers),
    extensions: numbers(extensions),
    groups: numbers(groups),
    pointFormats: numbers(points),
    signatureAlgorithms: [],
    supportedVersions: [],
    alpn: [],
    serverName: undefined,
  };
};

// The two strings that JA3's own description gives.
test.each([
  [
    "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
    "ada70206e40642a3e4461f35503241d5",
  ],
  ["769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"],
])("%s has the published JA3", (text, hash) => {
  expect(ja3(fromJa3(text))).toEqual({ raw: text, hash });
});

test("a browser's hello has the published JA4, GREASE and order left out", () => {
  // The example of the JA4 description: Chrome's lists.
  const ciphers = "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
    .split(",")
    .map((c) => Number.parseInt(c, 16));
  const extensions = "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01"
    .split(",")
    .map((c) => Number.parseInt(c, 16));
  const hello: ClientHello = {
    version: 771,
    ciphers: [0x3a3a, ...ciphers.toReversed()],
    extensions: [0x2a2a, 16, ...extensions, 0, 0xfafa],
    groups: [],
    pointFormats: [],
    signatureAlgorithms: "0403,0804,0401,0503,0805,0501,0806,0601"
      .split(",")
      .map((c) => Number.parseInt(c, 16)),
    supportedVersions: [0x4a4a, 772, 771],
    alpn: ["h2", "http/1.1"],
    serverName: "h",
  };
  expect(ja4(hello).hash).toBe("t13d1516h2_8daaf6152771_e5627efa2ab1");
});

function encode(hello: { ciphers: readonly number[]; sni: string; alpn: readonly string[] }): Buffer {
  const u16 = (n: number) => Buffer.from([n >> 8, n & 255]);
  const block = (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes]);
  const name = Buffer.from(hello.sni);
  const sni = block(Buffer.concat([Buffer.from([0]), block(name)]));
  const alpn = block(
    Buffer.concat(hello.alpn.map((p) => Buffer.concat([Buffer.from([p.length]), Buffer.from(p, "latin1")]))),
  );
  const extensions = block(Buffer.concat([u16(0), block(sni), u16(16), block(alpn)]));
  const body = Buffer.concat([
    u16(771),
    createHash("sha256").update("r").digest(),
    Buffer.from([0]),
    block(Buffer.concat(hello.ciphers.map(u16))),
    Buffer.from([1, 0]),
    extensions,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), u16(handshake.length), handshake]);
}

test("what a client sends is read back", () => {
  const words = fc.stringMatching(/^[a-z0-9./-]{1,20}$/);
  fc.assert(
    fc.property(
      fc.array(fc.nat(65_535), { maxLength: 30 }),
      words,
      fc.array(words, { minLength: 1, maxLength: 4 }),
      (ciphers, sni, alpn) => {
        const bytes = encode({ ciphers, sni, alpn });
        expect(helloLength(bytes)).toBe(bytes.length);
        expect(parseClientHello(bytes)).toMatchObject({
          ciphers,
          serverName: sni,
          alpn,
          extensions: [0, 16],
        });
      },
    ),
  );
});

test("any bytes, and any cut of a hello, give a hello or nothing", () => {
  const whole = encode({ ciphers: [1, 2], sni: "host", alpn: ["h2"] });
  for (let length = 0; length < whole.length; length += 1)
    expect(parseClientHello(whole.subarray(0, length))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseClientHello(Buffer.from([22, 3, 1, ...bytes]));
      helloLength(Buffer.from(bytes));
    }),
  );
});
