import ipaddr from "ipaddr.js";

export interface AddressOrNetwork {
  /** Canonical text: IPv4-mapped addresses as IPv4, IPv6 compressed and lower-case. */
  readonly address: string;
  /** null for a single address. */
  readonly bits: number | null;
}

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

const unmapped = (address: Parsed): Parsed =>
  address.kind() === "ipv6" && (address as ipaddr.IPv6).isIPv4MappedAddress()
    ? (address as ipaddr.IPv6).toIPv4Address()
    : address;

/** Text as events hold it, or undefined when it is no address. Zone ids are refused. */
export function canonicalAddress(text: string): string | undefined {
  const valid =
    ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes("%"));
  return valid ? unmapped(ipaddr.parse(text)).toString() : undefined;
}

/** An address or a network in CIDR form; undefined when it is neither. */
export function parseAddress(text: string): AddressOrNetwork | undefined {
  const slash = text.indexOf("/");
  if (slash === -1) {
    const address = canonicalAddress(text);
    return address === undefined ? undefined : { address, bits: null };
  }
  const base = text.slice(0, slash);
  const suffix = text.slice(slash + 1);
  if (!/^\d{1,3}$/u.test(suffix) || canonicalAddress(base) === undefined) return undefined;
  const parsed = ipaddr.parse(base);
  const bits = Number(suffix);
  if (bits > (parsed.kind() === "ipv4" ? 32 : 128)) return undefined;
  const address = unmapped(parsed);
  if (address === parsed) return { address: address.toString(), bits };
  return bits < 96 ? undefined : { address: address.toString(), bits: bits - 96 };
}

/** Tells whether addresses lie in any of the networks. @throws nothing: `networks` come parsed */
export function networkMatcher(networks: readonly AddressOrNetwork[]): (address: string) => boolean {
  const parsed = networks.map(({ address, bits }) => {
    const base = ipaddr.parse(address);
    return [base, bits ?? (base.kind() === "ipv4" ? 32 : 128)] as const;
  });
  return (text) => {
    const canonical = canonicalAddress(text);
    if (canonical === undefined) return false;
    const address = ipaddr.parse(canonical);
    return parsed.some(([base, bits]) => address.kind() === base.kind() && address.match(base, bits));
  };
}

/** The network that one client is taken for: an IPv4 address, or the /64 of an IPv6 one. */
export function clientNetwork(address: string): string {
  const canonical = canonicalAddress(address);
  if (canonical === undefined) return "unknown";
  const parsed = ipaddr.parse(canonical);
  if (parsed.kind() === "ipv4") return canonical;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${canonical}/64`).toString()}/64`;
}

export const isLoopback = (address: string): boolean => {
  const canonical = canonicalAddress(address);
  return canonical !== undefined && ipaddr.parse(canonical).range() === "loopback";
};
