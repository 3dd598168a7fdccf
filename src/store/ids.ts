import { hash } from "node:crypto";

/** Fixed for ever: every ingester, on every host, makes the same id for the same thing. */
const NAMESPACES = {
  attacker: Buffer.from("8f5c1d0a6b8e4f0c9d2b7a3e51c46f90", "hex"),
  credential: Buffer.from("2b7d9e4c1f3a4d58a6c0e9b81d72f534", "hex"),
  session: Buffer.from("c41e7a925d0b4836b1f98e3d60a57c2f", "hex"),
} as const;

export type IdKind = keyof typeof NAMESPACES;

/** UUIDv5. Parts are joined so that no two lists of parts give the same name, whatever characters they hold. */
export function derivedUuid(kind: IdKind, parts: readonly string[]): string {
  const name = parts.length === 1 ? (parts[0] ?? "") : parts.map((part) => `${part.length}:${part}`).join("");
  const bytes = hash("sha1", Buffer.concat([NAMESPACES[kind], Buffer.from(name)]), "buffer").subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const MAX_KNOWN = 20_000;
const known = new Map<string, string>();

/** @param ip canonical, as records carry it: an IPv4-mapped address is already the IPv4 address. */
export function attackerUuid(ip: string): string {
  let uuid = known.get(ip);
  if (uuid === undefined) {
    uuid = derivedUuid("attacker", [ip]);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(ip, uuid);
  }
  return uuid;
}
