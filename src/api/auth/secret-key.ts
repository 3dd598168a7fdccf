import { hkdfSync, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { ApiSettingError } from "../errors.ts";

const KEY_BYTES = 32;

/**
 * The installation's key: from the setting, else from the file, which is made once with mode 0600.
 *
 * @throws {ApiSettingError} the file holds something else
 */
export function openSecretKey(setting: string | undefined, file: string): Uint8Array {
  if (setting !== undefined) return Buffer.from(setting, "base64");
  try {
    return readKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  makeKey(file);
  return readKey(file);
}

function readKey(file: string): Uint8Array {
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  if (key.length !== KEY_BYTES)
    throw new ApiSettingError(`${file} does not hold a key of ${KEY_BYTES} bytes in base64.`);
  return key;
}

/** Two processes that start at once end with the same key: the first to link it wins. */
function makeKey(file: string): void {
  const draft = `${file}.${process.pid}`;
  const fd = openSync(draft, "wx", 0o600);
  try {
    writeSync(fd, `${randomBytes(KEY_BYTES).toString("base64")}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A key for one purpose only. */
export const deriveKey = (secret: Uint8Array, purpose: "cursor" | "csrf" | "device"): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), `decnet ${purpose} v1`, KEY_BYTES));
