import ipaddr from "ipaddr.js";

/** Canonical text of a peer's address: IPv4-mapped IPv6 becomes IPv4, zones go. */
export function canonicalAddress(text: string | undefined): string {
  if (text === undefined) return "0.0.0.0";
  const bare = text.split("%")[0] ?? text;
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : bare;
}

/** What counts as one source: an IPv4 address, or an IPv6 /64. */
export function sourceOf(ip: string): string {
  if (!ip.includes(":")) return ip;
  const parsed = ipaddr.parse(ip);
  if (!(parsed instanceof ipaddr.IPv6)) return ip;
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
