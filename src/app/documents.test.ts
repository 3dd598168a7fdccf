import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { decoys } from "#decoys/registry.ts";
import { describeEvents } from "#events/catalogue.ts";
import { pipelineEvents } from "#events/pipeline-events.ts";
import { settingsTable, undescribed } from "#kernel/config.ts";
import { authSchema } from "#machine/persona.ts";
import { configSchema } from "./config.ts";
import { roomsBlock, roomsOf } from "./documents/blocks.ts";
import { declaredErrors, sourceFiles } from "./documents/errors-page.ts";
import { fillBlocks } from "./documents/markdown.ts";
import { documents } from "./documents.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** What people read: path → text. */
const pages = new Map(
  globSync(["*.md", "docs/*.md", "changelog.d/*.md", "src/**/README.md"], { cwd: root })
    .toSorted()
    .map((path) => [path, read(path)] as const),
);
const testFiles = globSync(["{src,test}/**/*.test.ts", "dashboard/{src,testing}/**/*.test.{ts,tsx}"], {
  cwd: root,
});

/** Everything of all pages that `find` finds, with the page in front, so that a failure says where it is. */
const everywhere = (find: (text: string, page: string) => Iterable<string>): readonly string[] =>
  [...pages].flatMap(([page, text]) => [...find(text, page)].map((found) => `${page}: ${found}`));

function* matches(text: string, pattern: RegExp): Generator<string> {
  for (const [all, first] of text.matchAll(pattern)) yield first ?? all;
}

test("there are pages and tests to look at", () => {
  expect(pages.size).toBeGreaterThan(12);
  expect(testFiles.length).toBeGreaterThan(50);
});

describe("documents made from code", () => {
  let made: Readonly<Record<string, string>>;
  beforeAll(async () => {
    made = await documents(root);
  });

  test("are what lies in docs/; else `npm run docs` was forgotten", () => {
    const different = Object.keys(made).filter(
      (path) => !existsSync(join(root, path)) || read(path) !== made[path],
    );
    expect(Object.keys(made).length).toBeGreaterThan(5);
    expect(different).toEqual([]);
  });

  test("a page without its block, and a block that nobody fills, are refused", () => {
    const block = "<!-- made: a -->\nold\n<!-- /made -->";
    expect(fillBlocks(block, { a: ["new"] })).toBe("<!-- made: a -->\n\nnew\n\n<!-- /made -->");
    expect(() => fillBlocks("text", { a: [] })).toThrow("no block for a");
    expect(() => fillBlocks(block, {})).toThrow('nothing fills the block "a"');
  });

  test("every room has its line, which says what it holds", () => {
    const present = roomsOf(root);
    const rows = [...roomsBlock(root)].slice(2);
    expect(present.length).toBeGreaterThan(10);
    expect(rows.length).toBe(present.length);
    expect(rows.filter((row) => row.includes("|  |"))).toEqual([]);
  });
});

describe("settings", () => {
  const table = [...settingsTable(configSchema)].join("\n");
  const inTable = new Set(matches(table, /^\| `(DECNET_[A-Z0-9_]+)`/gm));
  const names = new Set([
    ...inTable,
    // Read by our own scripts and tests only.
    "DECNET_TEST_REQUIRE_ALL",
  ]);

  test("none stands without a description", () => {
    expect(names.size).toBeGreaterThan(20);
    expect(undescribed(configSchema)).toEqual([]);
  });

  test("those that pages name exist", () => {
    const named = everywhere((text) => matches(text, /DECNET_[A-Z0-9_*]*[A-Z0-9*]/g));
    expect(named.length).toBeGreaterThan(names.size);
    const isKnown = (name: string): boolean =>
      name.endsWith("*") ? [...names].some((each) => each.startsWith(name.slice(0, -1))) : names.has(name);
    expect(named.filter((entry) => !isKnown(entry.replace(/^.*: /, "")))).toEqual([]);
  });

  test("the page has all of them, each section under a heading of its own", () => {
    const page = read("docs/settings.md");
    expect([...matches(page, /^\| `(DECNET_[A-Z0-9_]+)`/gm)].toSorted()).toEqual([...inTable].toSorted());
    expect([...matches(page, /^## [a-z]/gm)]).toEqual([]);
  });

  test("those that error messages name exist", () => {
    const named = sourceFiles(root).flatMap((path) =>
      [...matches(read(path), /\b(?:set|with|choose|in|to) (DECNET_[A-Z0-9_]*[A-Z0-9])/g)].map((name) => ({
        path,
        name,
      })),
    );
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter(({ name }) => !names.has(name))).toEqual([]);
  });
});

describe("errors", () => {
  const declared = declaredErrors(root);

  test("every class that extends CodedError is found", () => {
    const source = sourceFiles(root).map(read).join("\n");
    const classes = [...matches(source, /^(?:export )?class (\w+) extends CodedError\b/gm)];
    expect(classes.length).toBeGreaterThan(20);
    expect(declared.map(({ name }) => name)).toEqual(classes);
  });

  test("every code stands once in a class and once on the page", () => {
    const codes = declared.flatMap(({ code }) => code ?? []).toSorted();
    expect(codes.length).toBe(new Set(codes).size);
    const onPage = [...matches(read("docs/errors.md"), /^\| `([A-Z0-9_]+)`/gm)];
    expect(onPage.toSorted()).toEqual(codes);
  });

  test("every one says what it means", () => {
    expect(declared.filter(({ meaning }) => meaning === "").map(({ name }) => name)).toEqual([]);
  });

  test("subclasses of a coded error would be missed, so there are none", () => {
    const names = declared.map(({ name }) => name).join("|");
    const pattern = new RegExp(`class \\w+ extends (?:${names})\\b`, "g");
    expect(sourceFiles(root).flatMap((path) => [...matches(read(path), pattern)])).toEqual([]);
  });
});

test("every event and every field of it says what it means", () => {
  const events = [pipelineEvents, ...decoys.map((decoy) => decoy.events)].flatMap((catalogue) =>
    describeEvents(catalogue),
  );
  expect(events.length).toBeGreaterThan(50);
  const silent = events.flatMap(({ type, description, fields }) => [
    ...(description === "" ? [type] : []),
    ...fields.filter(({ meaning }) => meaning === "").map(({ key }) => `${type}.${key}`),
  ]);
  expect([...new Set(silent)]).toEqual([]);
});

test("the page of the machine has a row for each log-in policy", () => {
  const rows = [...matches(read("docs/machine.md"), /^\| `([a-z_]+)` \| /gm)];
  const { policy } = authSchema.shape;
  expect(rows.filter((name) => policy.safeParse(name).success)).toEqual(policy.unwrap().options);
});

describe("what pages name exists", () => {
  test("files and folders", () => {
    const pattern =
      /(?<![\w./<>-])(?:src|test|scripts|docs|dashboard|bench|schema|changelog\.d)\/[\w./*<>{},-]*[\w/*>]/g;
    const named = everywhere((text) => matches(text, pattern)).map(
      (entry) => entry.split(": ") as [string, string],
    );
    expect(named.length).toBeGreaterThan(100);
    const missing = named.filter(
      ([, path]) => !path.includes("<") && globSync(path, { cwd: root }).length === 0,
    );
    expect(missing).toEqual([]);
  });

  test("links", () => {
    const links = everywhere((text) => matches(text, /\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g));
    expect(links.length).toBeGreaterThan(15);
    const broken = links.filter((entry) => {
      const [page = "", target = ""] = entry.split(": ");
      return !existsSync(join(root, dirname(page), target));
    });
    expect(broken).toEqual([]);
  });

  test("names in the file that stands behind them", () => {
    const pattern = /`([A-Za-z_]\w*(?:\.\w+)?)`(?: in | \()`((?:src|test|dashboard)\/[^`]+\.tsx?)`/g;
    const pairs = [...pages].flatMap(([page, text]) =>
      [...text.replaceAll(/\s+/g, " ").matchAll(pattern)].map(([, name = "", file = ""]) => ({
        page,
        name,
        file,
      })),
    );
    expect(pairs.length).toBeGreaterThan(25);
    const wrong = pairs.filter(({ name, file }) => {
      const source = read(file);
      return name.split(".").some((part) => !new RegExp(`\\b${part}\\b`).test(source));
    });
    expect(wrong).toEqual([]);
  });

  test("tests, under exactly that name", () => {
    const sources = new Map(testFiles.map((path) => [path, read(path)] as const));
    const named = [...pages].flatMap(([page, text]) =>
      text.split("\n").flatMap((line) => [...testsNamedIn(line)].map((each) => ({ page, ...each }))),
    );
    expect(named.length).toBeGreaterThan(60);
    const missing = named.filter(({ file, name }) => {
      const files = [...sources].filter(([path]) => path === file || path.endsWith(`/${file}`));
      const quoted = new RegExp(`(["\`])${RegExp.escape(name).replaceAll("…", "\\$\\{\\w+\\}")}\\1`);
      return !files.some(([, source]) => quoted.test(source));
    });
    expect(missing).toEqual([]);
  });

  test("npm scripts", () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read("package.json")));
    const named = everywhere((text) => matches(text, /npm run (?:-s )?([a-z:]+)/g));
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((entry) => !Object.hasOwn(scripts, entry.replace(/^.*: /, "")))).toEqual([]);
  });
});

/** `file.test.ts`: *name*, *name* · `other.test.ts`: *name*; a name belongs to the last file before it on its line. */
function* testsNamedIn(line: string): Generator<{ readonly file: string; readonly name: string }> {
  let file: string | undefined;
  for (const [, path, name] of line.matchAll(/`([^`]+\.test\.tsx?)`|(?<!\*)\*([^*]+)\*(?!\*)/g)) {
    if (path !== undefined) file = path;
    else if (file !== undefined && name !== undefined) yield { file, name };
  }
}

test("pages that sources refer to exist", () => {
  const files = [...sourceFiles(root), ...globSync("dashboard/src/**/*.{ts,tsx}", { cwd: root })];
  const named = new Set(files.flatMap((path) => [...matches(read(path), /\bdocs\/[a-z-]+\.md\b/g)]));
  expect(named.size).toBeGreaterThan(3);
  expect([...named].filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("a reader of the README finds every page", () => {
  const linked = new Set(matches(read("README.md"), /\]\((docs\/[a-z-]+\.md)\)/g));
  const all = globSync("docs/*.md", { cwd: root });
  expect(all.length).toBeGreaterThan(8);
  expect(all.filter((path) => !linked.has(path))).toEqual([]);
});
