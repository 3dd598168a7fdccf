import { SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress } from "./address.ts";

describe("an address", () => {
  test.each([
    ["192.0.2.41", "192.0.2.41", undefined],
    ["192.0.2.41:60222", "192.0.2.41", 60_222],
    ["192.0.2.41:0", "192.0.2.41", 0],
    ["192.0.2.41:65535", "192.0.2.41", 65_535],
    ["2001:db8::1", "2001:db8::1", undefined],
    ["[2001:DB8::1]", "2001:db8::1", undefined],
    ["[2001:db8::1]:443", "2001:db8::1", 443],
    ["[fe80::1%eth0]:443", "fe80::1", 443],
    ["fe80::1%eth0", "fe80::1", undefined],
    ["::ffff:192.0.2.41", "192.0.2.41", undefined],
    ["::ffff:c000:229", "192.0.2.41", undefined],
    ["0:0:0:0:0:ffff:192.0.2.41", "192.0.2.41", undefined],
    ["[::ffff:192.0.2.41%x]:1", "192.0.2.41", 1],
    ["::192.0.2.41", "::c000:229", undefined],
    ["64:ff9b::192.0.2.41", "64:ff9b::c000:229", undefined],
    ["1::", "1::", undefined],
    ["::1", "::1", undefined],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3", undefined],
    ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4", undefined],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7", undefined],
    ["1::2:3:4:5:6:7", "1:0:2:3:4:5:6:7", undefined],
  ])("%s is %s", (text, ip, port) => {
    expect(parseAddress(text)).toEqual(port === undefined ? { ip } : { ip, port });
  });

  test.each([
    "",
    "-",
    "0.0.0.0",
    "::",
    "255.255.255.255",
    "::ffff:0.0.0.0",
    "[::]:80",
    "host.invalid",
    "host.invalid:80",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:65536",
    "1.2.3.4:123456",
    "1.2.3.4:8x",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.4/24",
    "[1.2.3.4]",
    "[1.2.3.4]:80",
    "[2001:db8::1",
    "[2001:db8::1]80",
    "[2001:db8::1]:",
    "[]",
    "2001:db8::1::2",
    "2001:db8:1",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "g::",
    ":::",
    "fe80::1%",
    "fe80::1%a b",
    `fe80::1%${"z".repeat(33)}`,
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::1.2.3",
    "1".repeat(200),
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

const words = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});

/** All the ways to write one IPv6 address: cases, leading zeros, one `::` anywhere, a dotted tail. */
const spellings = words.chain((given) => {
  const group = fc.tuple(fc.boolean(), fc.boolean());
  const shape = fc.tuple(fc.array(group, { minLength: 8, maxLength: 8 }), fc.nat(7), fc.nat(7), fc.boolean());
  return shape.map(([cases, a, b, isDotted]) => {
    const text = given.map((word, i) => {
      const [isPadded = false, isUpper = false] = cases[i] ?? [];
      const hex = word.toString(16).padStart(isPadded ? 4 : 1, "0");
      return isUpper ? hex.toUpperCase() : hex;
    });
    const [w6 = 0, w7 = 0] = given.slice(6);
    const tail = isDotted ? [`${w6 >> 8}.${w6 & 255}.${w7 >> 8}.${w7 & 255}`] : text.slice(6);
    const parts = [...text.slice(0, 6), ...tail];
    const from = Math.min(a, b);
    const to = Math.min(Math.max(a, b), parts.length - 1);
    const isZeroRun = from <= to && parts.slice(from, to + 1).every((part) => /^0+$/.test(part));
    const short = `${parts.slice(0, from).join(":")}::${parts.slice(to + 1).join(":")}`;
    return { given, text: isZeroRun ? short : parts.join(":") };
  });
});

describe("all spellings", () => {
  test("of one IPv6 address give one form, the one the platform gives", () => {
    fc.assert(
      fc.property(spellings, ({ given, text }) => {
        const plain = given.map((word) => word.toString(16)).join(":");
        expect(parseAddress(text)).toEqual(parseAddress(plain));
        expect(parseAddress(`[${text}]:80`)?.ip).toEqual(parseAddress(plain)?.ip);
        const ip = parseAddress(text)?.ip;
        const isMapped = given.slice(0, 5).every((word) => word === 0) && given[5] === 0xffff;
        if (ip === undefined || isMapped) return;
        expect(new SocketAddress({ address: text, family: "ipv6" }).address).toBe(
          new SocketAddress({ address: ip, family: "ipv6" }).address,
        );
        expect(ip).toBe(ip.toLowerCase());
        expect(parseAddress(ip)?.ip).toBe(ip);
      }),
      { numRuns: 300 },
    );
  });

  test("of distinct addresses stay distinct", () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const ips = [a, b].map((given) => parseAddress(given.map((word) => word.toString(16)).join(":"))?.ip);
        expect(ips[0] !== undefined && ips[0] === ips[1]).toBe(ips[0] !== undefined && a.join() === b.join());
      }),
    );
  });

  test("of mapped addresses are the IPv4 address", () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(parseAddress(`::ffff:${ip}`)).toEqual(parseAddress(ip));
      }),
    );
  });
});
