import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), "utf8");

it("names in the page of guarantees only tests that exist", () => {
  const page = read("docs/guarantees.md");
  const files = [...new Set([...page.matchAll(/`(src\/[^`]+\.test\.ts)`/g)].map(([, path = ""]) => path))];
  const names = [...page.matchAll(/(?<!\*)\*([^*\n]+)\*(?!\*)/g)].map(([, name = ""]) => name);
  expect(files.length).toBeGreaterThan(4);
  expect(names.length).toBeGreaterThan(15);
  const tests = files.map(read).join("\n");
  expect(names.filter((name) => !tests.includes(`"${name}"`))).toEqual([]);
  const short = [...page.matchAll(/`([\w.-]+\.test\.ts)`/g)].map(([, name = ""]) => name);
  expect(short.filter((name) => !files.some((path) => basename(path) === name))).toEqual([]);
});
