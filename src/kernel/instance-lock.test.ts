import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FolderInUseError, FolderNotWritableError, lockFolder } from "./instance-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "decnet-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a second holder is refused with the first one's pid, and let in after it", () => {
  const first = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(FolderInUseError);
  expect(() => lockFolder(folder)).toThrow(`(pid ${process.pid})`);
  first[Symbol.dispose]();
  lockFolder(folder)[Symbol.dispose]();
});

test("a folder that cannot be made is named, with the setting to change", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => lockFolder(join(file, "below"))).toThrow(FolderNotWritableError);
  expect(() => lockFolder(join(file, "below"))).toThrow("DECNET_DATA_DIR");
});
