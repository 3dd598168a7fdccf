export function broadcast(address: string, prefix: number): string {
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  const high = ((number & mask) | ~mask) >>> 0;
  return [24, 16, 8, 0].map((shift) => (high >>> shift) & 255).join(".");
}

export const netmask = (prefix: number) =>
  [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - from)))).join(".");
