import { createHash, timingSafeEqual } from "node:crypto";

/** crypt(3) as Unix password files have it: `$1$`, `$5$`, `$6$`. Written from the published descriptions. */

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function encode24(bytes: readonly number[], count: number): string {
  const [high = 0, middle = 0, low = 0] = bytes;
  let value = (high << 16) | (middle << 8) | low;
  let text = "";
  for (let i = 0; i < count; i += 1) {
    text += alphabet[value & 63] ?? "";
    value >>>= 6;
  }
  return text;
}

interface ShaVariant {
  readonly name: "sha256" | "sha512";
  readonly size: number;
  readonly id: string;
  /** Order in which the bytes of the digest are written, three at a time. */
  readonly order: readonly (readonly number[])[];
  readonly rest: { readonly bytes: readonly number[]; readonly count: number };
}

const rotate = (groups: number, step: (i: number) => readonly number[]): (readonly number[])[] =>
  Array.from({ length: groups }, (_, i) => step(i));

const sha512: ShaVariant = {
  name: "sha512",
  size: 64,
  id: "6",
  order: rotate(21, (i) => {
    const three = [i, i + 21, i + 42];
    const turn = i % 3;
    return [...three.slice(turn), ...three.slice(0, turn)];
  }),
  rest: { bytes: [-1, -1, 63], count: 2 },
};

const sha256: ShaVariant = {
  name: "sha256",
  size: 32,
  id: "5",
  order: rotate(10, (i) => {
    const three = [i, i + 10, i + 20];
    const turn = (3 - (i % 3)) % 3;
    return [...three.slice(turn), ...three.slice(0, turn)];
  }),
  rest: { bytes: [-1, 31, 30], count: 3 },
};

const repeatTo = (source: Buffer, length: number): Buffer => {
  const out = Buffer.alloc(length);
  for (let at = 0; at < length; at += source.length)
    source.copy(out, at, 0, Math.min(source.length, length - at));
  return out;
};

function shaDigest(variant: ShaVariant, password: Buffer, salt: Buffer, rounds: number): Buffer {
  const hash = (...parts: readonly Buffer[]): Buffer => {
    const h = createHash(variant.name);
    for (const part of parts) h.update(part);
    return h.digest();
  };
  const b = hash(password, salt, password);
  const first: Buffer[] = [password, salt, repeatTo(b, password.length)];
  for (let length = password.length; length > 0; length >>= 1) first.push((length & 1) === 1 ? b : password);
  let a = hash(...first);
  const p = repeatTo(hash(...Array.from({ length: password.length }, () => password)), password.length);
  const s = repeatTo(hash(...Array.from({ length: 16 + (a[0] ?? 0) }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round += 1) {
    const parts: Buffer[] = [(round & 1) === 1 ? p : a];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    parts.push((round & 1) === 1 ? a : p);
    a = hash(...parts);
  }
  return a;
}

function shaCrypt(variant: ShaVariant, password: Buffer, salt: string, rounds: number | undefined): string {
  const cut = salt.slice(0, 16);
  const count = Math.min(Math.max(rounds ?? 5000, 1000), 200_000);
  const digest = shaDigest(variant, password, Buffer.from(cut, "latin1"), count);
  const at = (index: number): number => (index < 0 ? 0 : (digest[index] ?? 0));
  const text = variant.order.map((three) => encode24(three.map(at), 4)).join("");
  const end = encode24(variant.rest.bytes.map(at), variant.rest.count);
  return `$${variant.id}$${rounds === undefined ? "" : `rounds=${String(count)}$`}${cut}$${text}${end}`;
}

function md5Crypt(password: Buffer, salt: string): string {
  const md5 = (...parts: readonly Buffer[]): Buffer => {
    const h = createHash("md5");
    for (const part of parts) h.update(part);
    return h.digest();
  };
  const cut = Buffer.from(salt.slice(0, 8), "latin1");
  const b = md5(password, cut, password);
  const first: Buffer[] = [password, Buffer.from("$1$", "latin1"), cut, repeatTo(b, password.length)];
  for (let length = password.length; length > 0; length >>= 1)
    first.push((length & 1) === 1 ? Buffer.alloc(1) : password.subarray(0, 1));
  let a = md5(...first);
  for (let round = 0; round < 1000; round += 1) {
    const parts: Buffer[] = [(round & 1) === 1 ? password : a];
    if (round % 3 !== 0) parts.push(cut);
    if (round % 7 !== 0) parts.push(password);
    parts.push((round & 1) === 1 ? a : password);
    a = md5(...parts);
  }
  const at = (index: number): number => a[index] ?? 0;
  const groups = [0, 1, 2, 3, 4].map((i) => encode24([at(i), at(i + 6), i === 4 ? at(5) : at(i + 12)], 4));
  return `$1$${cut.toString("latin1")}$${groups.join("")}${encode24([0, 0, at(11)], 2)}`;
}

const MAX_PASSWORD = 512;

/** @returns undefined for a method that is not known here, or a setting without one. */
export function crypt(password: Uint8Array, setting: string): string | undefined {
  if (password.length > MAX_PASSWORD) return undefined;
  const bytes = Buffer.from(password);
  const match = /^\$([156])\$(?:rounds=(\d{1,9})\$)?([^$:\n]{0,64})/.exec(setting);
  if (match === null) return undefined;
  const [, method, rounds, salt = ""] = match;
  if (method === "1") return md5Crypt(bytes, salt);
  return shaCrypt(
    method === "5" ? sha256 : sha512,
    bytes,
    salt,
    rounds === undefined ? undefined : Number(rounds),
  );
}

/** Does this password belong to that crypt string? Costs about 10 ms. */
export function matchesCrypt(password: Uint8Array, stored: string): boolean {
  const made = crypt(password, stored);
  if (made === undefined) return false;
  const a = Buffer.from(made, "latin1");
  const b = Buffer.from(stored, "latin1");
  return a.length === b.length && timingSafeEqual(a, b);
}

export const saltFrom = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => alphabet[byte & 63] ?? ".").join("");
