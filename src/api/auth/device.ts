import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Marks a browser that has signed in before: `<id>.<user>.<seal>`. It proves nothing but that. */
export interface Devices {
  issue(userUuid: string): string;
  /** The device's id, when the cookie is ours and this user signed in with it. */
  read(cookie: string | undefined, userUuid: string | undefined): string | null;
}

export function createDevices(key: Uint8Array): Devices {
  const seal = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return {
    issue(userUuid) {
      const text = `${randomBytes(16).toString("base64url")}.${userUuid}`;
      return `${text}.${seal(text).toString("base64url")}`;
    },
    read(cookie, userUuid) {
      const [id = "", user = "", mark = ""] = cookie?.split(".") ?? [];
      const given = Buffer.from(mark, "base64url");
      const wanted = seal(`${id}.${user}`);
      const isOurs = given.length === wanted.length && timingSafeEqual(given, wanted);
      return isOurs && user === userUuid ? id : null;
    },
  };
}
