import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), "utf8");

it("names in the page of guarantees only tests that exist", () => {
  const page = read("docs/guarantees.md");
  const files = [
    ...new Set([...page.matchAll(/`((?:src|test)\/[^`]+\.test\.ts)`/g)].map(([, path = ""]) => path)),
  ];
  const names = [...page.matchAll(/(?<!\*)\*([^*\n]+)\*(?!\*)/g)].map(([, name = ""]) => name);
  expect(files.length).toBeGreaterThan(4);
  expect(names.length).toBeGreaterThan(15);
  const tests = files.map(read).join("\n");
  // … stands for a value that the test's name is made with.
  const quoted = (name: string): RegExp =>
    new RegExp(`(["\`])${RegExp.escape(name).replaceAll("…", "\\$\\{\\w+\\}")}\\1`);
  expect(names.filter((name) => !quoted(name).test(tests))).toEqual([]);
  const short = [...page.matchAll(/`([\w.-]+\.test\.ts)`/g)].map(([, name = ""]) => name);
  expect(short.filter((name) => !files.some((path) => basename(path) === name))).toEqual([]);
});
