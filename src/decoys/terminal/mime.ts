const magic: readonly (readonly [string, number, string])[] = [
  ["\x7fELF", 0, "application/x-elf"],
  ["#!", 0, "text/x-script"],
  ["\x1f\x8b", 0, "application/gzip"],
  ["PK\x03\x04", 0, "application/zip"],
  ["BZh", 0, "application/x-bzip2"],
  ["\xfd7zXZ\x00", 0, "application/x-xz"],
  ["MZ", 0, "application/vnd.microsoft.portable-executable"],
  ["%PDF-", 0, "application/pdf"],
  ["\x89PNG\r\n", 0, "image/png"],
  ["\xff\xd8\xff", 0, "image/jpeg"],
  ["GIF8", 0, "image/gif"],
  ["ustar", 257, "application/x-tar"],
  ["ssh-", 0, "text/x-ssh-public-key"],
];

/** A file's type by its first bytes. */
export function mimeOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString("latin1");
  const known = magic.find(([sign, at]) => head.startsWith(sign, at));
  if (known !== undefined) return known[2];
  // oxlint-disable-next-line no-control-regex -- control characters are what tells binary from text
  return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(head) ? "application/octet-stream" : "text/plain";
}
