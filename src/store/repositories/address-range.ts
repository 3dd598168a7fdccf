/**
 * Networks over addresses that are stored as canonical text. An IPv4 network is at most 128 ranges of text
 * (`10.0.0.0/12` = `10.0.` … `10.15.`); an IPv6 network has no such form, because `::` moves.
 */

export interface Network {
  readonly address: string;
  readonly bits: number;
}

export type TextRanges =
  | { readonly kind: "any" }
  | { readonly kind: "prefixes"; readonly prefixes: readonly string[] }
  | { readonly kind: "addresses"; readonly addresses: readonly string[] };

/** undefined for IPv6. */
export function textRanges({ address, bits }: Network): TextRanges | undefined {
  if (address.includes(":")) return undefined;
  if (bits === 0) return { kind: "any" };
  const octets = address.split(".").map(Number);
  const whole = Math.floor((bits - 1) / 8);
  const base = octets.slice(0, whole);
  const step = 1 << ((8 - (bits % 8)) % 8);
  const first = Math.floor((octets[whole] ?? 0) / step) * step;
  const texts = Array.from({ length: step }, (_, i) => [...base, first + i].join("."));
  return whole === 3
    ? { kind: "addresses", addresses: texts }
    : { kind: "prefixes", prefixes: texts.map((text) => `${text}.`) };
}

/** The 128 bits of an IPv6 address in canonical text. */
function ipv6Bits(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const groups = (text: string): readonly string[] => (text === "" ? [] : text.split(":"));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => "0");
  return [...front, ...middle, ...back].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

export const inIpv6 = ({ address, bits }: Network, candidate: string): boolean =>
  candidate.includes(":") &&
  ipv6Bits(candidate) >> BigInt(128 - bits) === ipv6Bits(address) >> BigInt(128 - bits);
