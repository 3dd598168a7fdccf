import { brotliDecompressSync } from "node:zlib";
import { words } from "./dictionary.data.ts";

let set: ReadonlySet<string> | undefined;

/** Decoded on first use; shared by all machines of the process (≈ 1 MiB). */
export function dictionary(): ReadonlySet<string> {
  set ??= new Set(brotliDecompressSync(Buffer.from(words, "base64")).toString("utf8").split("\n"));
  return set;
}

/** Most frequent first. */
export const commonPasswords = (count: number): readonly string[] => [...dictionary()].slice(0, count);

/** Passwords that detectors of decoys use, under any policy refused. */
const canaryPasswords = new Set(["345gs5662d34", "3245gs5662d34"]);
/** First names that detectors use as user and password at once. */
const canaryNames = /^(charles|george|harold|walter|nproc|nil_user|sFTPUser_probe)$/;

/** Real accounts whose name is their password: everything else of that form is a probe. */
const plausibleSame = new Set([
  "root",
  "admin",
  "test",
  "user",
  "guest",
  "ubuntu",
  "debian",
  "pi",
  "oracle",
  "postgres",
  "mysql",
  "git",
  "ftp",
  "ftpuser",
  "support",
  "www",
  "web",
  "deploy",
  "dev",
  "backup",
  "hadoop",
  "jenkins",
  "tomcat",
  "nagios",
  "zabbix",
  "vagrant",
  "ubnt",
  "operator",
  "service",
  "demo",
  "student",
]);

/** Is this pair one that only somebody who looks for decoys would try? */
export function isCanary(user: string, password: string): boolean {
  if (canaryPasswords.has(password) || canaryPasswords.has(user)) return true;
  if (canaryNames.test(user) && password === user) return true;
  return user === password && user.length >= 5 && !plausibleSame.has(user) && !dictionary().has(user);
}
