import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Folder, FolderNameError } from "./folder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "decnet-folder-"));
  mkdirSync(join(root, "in", "sub"), { recursive: true });
  mkdirSync(join(root, "out"));
  writeFileSync(join(root, "out", "secret"), "x");
  writeFileSync(join(root, "in", "sub", "file"), "y");
});
afterEach(() => rmSync(root, { recursive: true }));

test("reaches what lies in it", () => {
  using folder = Folder.open(join(root, "in"));
  using sub = folder.child("sub");
  const fd = sub.openFile("file", constants.O_RDONLY);
  expect(readFileSync(fd, "utf8")).toBe("y");
  closeSync(fd);
  expect(sub.look("file")?.isFile()).toBe(true);
  expect(sub.look("none")).toBeUndefined();
});

test("makes a folder once", () => {
  using folder = Folder.open(join(root, "in"));
  using first = folder.ensureChild("new", 0o750);
  using second = folder.ensureChild("new", 0o750);
  expect(second.facts.ino).toBe(first.facts.ino);
});

test("follows no link, neither to a folder nor to a file", () => {
  symlinkSync(join(root, "out"), join(root, "in", "link"));
  symlinkSync(join(root, "out", "secret"), join(root, "in", "file"));
  using folder = Folder.open(join(root, "in"));
  expect(() => folder.child("link")).toThrow(/ENOTDIR|ELOOP/);
  expect(() => folder.ensureChild("link", 0o750)).toThrow(/ENOTDIR|ELOOP/);
  expect(() => folder.openFile("file", constants.O_RDONLY)).toThrow(/ELOOP/);
});

test("stays the folder it was when its path becomes another", () => {
  using folder = Folder.open(join(root, "in"));
  using sub = folder.child("sub");
  renameSync(join(root, "in", "sub"), join(root, "in", "moved"));
  symlinkSync(join(root, "out"), join(root, "in", "sub"));
  const fd = sub.openFile("file", constants.O_RDONLY);
  expect(readFileSync(fd, "utf8")).toBe("y");
  closeSync(fd);
  expect(() => sub.openFile("secret", constants.O_RDONLY)).toThrow(/ENOENT/);
});

test("takes no name that leads elsewhere", () => {
  using folder = Folder.open(join(root, "in"));
  for (const name of ["", ".", "..", "../out", "sub/file", "/etc", "a\0b"]) {
    expect(() => folder.child(name)).toThrow(FolderNameError);
    expect(() => folder.openFile(name, constants.O_RDONLY)).toThrow(FolderNameError);
  }
});
