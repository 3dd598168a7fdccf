import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandsPage } from "./commands-page.ts";
import { createProgram } from "./program.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test("the page of commands is what --help says; else `npm run docs` was forgotten", () => {
  const program = createProgram("");
  expect(program.commands.length).toBeGreaterThan(3);
  expect(`${[...commandsPage(program)].join("\n")}\n`).toBe(read("docs/commands.md"));
});

test("every command and option has a description", () => {
  const program = createProgram("");
  const silent = [program, ...program.commands].flatMap((command) => [
    ...(command.description() === "" ? [command.name()] : []),
    ...command.options
      .filter(({ description }) => description === "")
      .map(({ flags }) => `${command.name()} ${flags}`),
  ]);
  expect(silent).toEqual([]);
});

test("commands and their options that pages name exist", () => {
  const program = createProgram("");
  const flagsOf = new Map(
    program.commands.map((command) => [command.name(), new Set(command.options.map(({ long }) => long))]),
  );
  const named = globSync(["*.md", "docs/*.md", "changelog.d/*.md"], { cwd: root }).flatMap((page) =>
    [...read(page).matchAll(/(?:`|^\s*|npm run (?:-s )?)decnet (?:-- )?([a-z]+)([^`\n|<]*)/gm)].map(
      ([, command = "", rest = ""]) => ({ page, command, flags: rest.match(/--[a-z-]+/g) ?? [] }),
    ),
  );
  expect(named.length).toBeGreaterThan(8);
  const wrong = named.filter(({ command, flags }) => {
    const known = flagsOf.get(command);
    return known === undefined || flags.some((flag) => !known.has(flag));
  });
  expect(wrong).toEqual([]);
});
