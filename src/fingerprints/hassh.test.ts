import fc from "fast-check";
import { expect, test } from "vitest";
import { hassh, hasshAlgorithms, hasshServer, type KexInit, parseKexInit } from "./hassh.ts";

const encode = (lists: readonly string[], follows = false): Buffer => {
  const parts = lists.flatMap((list) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(list));
    return [length, Buffer.from(list)];
  });
  return Buffer.concat([
    Buffer.from([20]),
    Buffer.alloc(16, 7),
    ...parts,
    Buffer.from([follows ? 1 : 0]),
    Buffer.alloc(4),
  ]);
};

// The lists and the value are the example of the HASSH project's README (OpenSSH 7.6 client).
const kex =
  "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,ext-info-c";
const enc =
  "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com";
const mac =
  "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1";
const compression = "none,zlib@openssh.com,zlib";

test("a client's lists give the documented HASSH", () => {
  const init = parseKexInit(
    encode([kex, "ssh-ed25519", enc, enc, mac, mac, compression, compression, "", ""]),
  );
  expect(init).toBeDefined();
  expect(hasshAlgorithms(init as KexInit)).toBe(`${kex};${enc};${mac};${compression}`);
  expect(hassh(init as KexInit)).toBe("06046964c022c6407d15a27b12a6a4fb");
});

test("the server's HASSH takes the lists of the other direction", () => {
  const init = parseKexInit(encode(["k", "h", "c-in", "c-out", "m-in", "m-out", "z-in", "z-out", "", ""]));
  expect(init).toMatchObject({ encryptionS2c: "c-out", firstKexPacketFollows: false });
  expect(hasshServer(init as KexInit)).not.toBe(hassh(init as KexInit));
});

test("no bytes make the parser throw, and a cut message is none", () => {
  const whole = encode(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], true);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(whole.length - 6), (bytes, cut) => {
      parseKexInit(Uint8Array.from([20, ...bytes]));
      expect(parseKexInit(whole.subarray(0, cut))).toBeUndefined();
    }),
  );
});
