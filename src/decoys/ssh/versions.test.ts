import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { debianUpdates, openSsh92, unspeakable, updateOf } from "./versions.ts";

test.each(["stock", "hardened"] as const)("every algorithm of the %s lists can be spoken", (lists) => {
  const version = openSsh92("Debian-2+deb12u7", lists);
  expect(version.kex.length + version.ciphers.length + version.macs.length).toBeGreaterThan(10);
  expect(unspeakable(version)).toEqual([]);
});

test("no update level is one that detectors list", () => {
  expect(debianUpdates).not.toContain("Debian-2+deb12u3");
});

test("the server's HASSH is that of Debian 12's sshd", () => {
  const { kex, ciphers, macs, compression } = openSsh92("Debian-2+deb12u7", "stock");
  const lists = [kex, ciphers, macs, compression].map((list) => list.join(",")).join(";");
  expect(createHash("md5").update(lists).digest("hex")).toMatchInlineSnapshot(
    `"425d29fe50d8e4f5e37efb6e24bcf660"`,
  );
});

test("the banner follows the machine's package", () => {
  const status =
    "Package: bash\nVersion: 5.2\n\nPackage: openssh-server\nStatus: install ok installed\nDepends: a,\n b\nVersion: 1:9.2p1-2+deb12u9\n\n";
  expect(updateOf(status)).toBe("Debian-2+deb12u9");
  expect(updateOf(status.replace("u9", "u3"))).toBeUndefined();
  expect(
    updateOf("Package: openssh-server\nStatus: x\n\nPackage: z\nVersion: 1:9.2p1-2+deb12u9\n"),
  ).toBeUndefined();
});
