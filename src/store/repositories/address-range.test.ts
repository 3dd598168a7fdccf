import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { expect, it } from "vitest";
import { inIpv6, textRanges } from "./address-range.ts";

const ipv4 = fc.ipV4();
const near = fc.tuple(ipv4, fc.integer({ min: 0, max: 31 })).map(([ip, bit]) => {
  const number = ip.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const other = (number ^ (1 << bit)) >>> 0;
  return [ip, [24, 16, 8, 0].map((shift) => (other >>> shift) & 255).join(".")] as const;
});

function holds(address: string, bits: number, candidate: string): boolean {
  const ranges = textRanges({ address, bits });
  if (ranges === undefined) throw new TypeError("not IPv4");
  if (ranges.kind === "any") return true;
  if (ranges.kind === "addresses") return ranges.addresses.includes(candidate);
  return ranges.prefixes.some((prefix) => candidate >= prefix && candidate < `${prefix}\u{10ffff}`);
}

it("says of IPv4 networks as text what arithmetic says", () => {
  fc.assert(
    fc.property(near, fc.integer({ min: 0, max: 32 }), ([a, b], bits) => {
      const expected = ipaddr.IPv4.parse(b).match(ipaddr.IPv4.parse(a), bits);
      expect(holds(a, bits, b)).toBe(expected);
      expect(holds(a, bits, a)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it("says of IPv6 networks what arithmetic says", () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), fc.integer({ min: 0, max: 128 }), (a, b, bits) => {
      const [network, other] = [ipaddr.IPv6.parse(a), ipaddr.IPv6.parse(b)];
      expect(inIpv6({ address: network.toString(), bits }, other.toString())).toBe(
        other.match(network, bits),
      );
      expect(inIpv6({ address: network.toString(), bits }, network.toString())).toBe(true);
    }),
    { numRuns: 200 },
  );
});
