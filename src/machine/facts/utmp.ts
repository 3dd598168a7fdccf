import { isIPv4, isIPv6 } from "node:net";
import type { LoginRecord } from "../model.ts";

const SIZE = 384;
const types = { runlevel: 1, boot: 2, user: 7, dead: 8 };

function addressBytes(address: string): Buffer {
  const out = Buffer.alloc(16);
  if (isIPv4(address)) {
    for (const [index, part] of address.split(".").entries()) out[index] = Number(part);
  } else if (isIPv6(address)) {
    const [head = "", tail] = address.split("::");
    const left = head === "" ? [] : head.split(":");
    const right = tail === undefined || tail === "" ? [] : tail.split(":");
    const groups =
      tail === undefined
        ? left
        : [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
    for (const [index, group] of groups.slice(0, 8).entries())
      out.writeUInt16BE(Number.parseInt(group, 16) || 0, index * 2);
  }
  return out;
}

/** One `struct utmp` of glibc on 64-bit machines. */
function entry(type: number, record: LoginRecord, at: number): Buffer {
  const out = Buffer.alloc(SIZE);
  out.writeInt16LE(type, 0);
  out.writeInt32LE(record.pid, 4);
  out.write(record.tty, 8, 32, "latin1");
  out.write(record.kind === "boot" ? "~~" : record.tty.replace("pts/", "ts/").slice(0, 4), 40, 4, "latin1");
  if (type !== types.dead) {
    out.write(record.user, 44, 32, "utf8");
    out.write(record.from, 76, 256, "latin1");
  }
  const seconds = Math.floor(at);
  out.writeInt32LE(seconds, 340);
  out.writeInt32LE(Math.floor((at - seconds) * 1_000_000), 344);
  addressBytes(record.from).copy(out, 348);
  return out;
}

/** `/var/log/wtmp`: each login and each logout, in the order of time. */
export function wtmpBytes(records: readonly LoginRecord[]): Buffer {
  const entries: { at: number; bytes: Buffer }[] = [];
  for (const record of records) {
    const type =
      record.kind === "boot" ? types.boot : record.kind === "runlevel" ? types.runlevel : types.user;
    entries.push({ at: record.login, bytes: entry(type, record, record.login) });
    if (record.logout !== undefined && record.kind === "user")
      entries.push({ at: record.logout, bytes: entry(types.dead, record, record.logout) });
  }
  return Buffer.concat(entries.toSorted((a, b) => a.at - b.at).map((one) => one.bytes));
}

/** `/run/utmp`: who is here now. */
export function utmpBytes(boot: LoginRecord, current: readonly LoginRecord[]): Buffer {
  return Buffer.concat([
    entry(types.boot, boot, boot.login),
    ...current.map((record) => entry(types.user, record, record.login)),
  ]);
}

/** `/var/log/btmp` */
export const btmpBytes = (failures: readonly LoginRecord[]): Buffer =>
  Buffer.concat(failures.map((record) => entry(6, record, record.login)));

/** `/var/log/lastlog`: 292 bytes for each uid up to the highest that ever logged in. */
export function lastlogBytes(records: readonly LoginRecord[]): Buffer {
  const known = records.filter((record) => record.uid < 60_000);
  const highest = Math.max(-1, ...known.map((record) => record.uid));
  const out = Buffer.alloc((highest + 1) * 292);
  for (const record of known) {
    const at = record.uid * 292;
    out.writeInt32LE(Math.floor(record.login), at);
    out.write(record.tty, at + 4, 32, "latin1");
    out.write(record.from, at + 36, 256, "latin1");
  }
  return out;
}
