import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import config, { allowed } from "../.dependency-cruiser.mjs";

/** dependency-cruiser parses with TypeScript; a busy machine makes that slow. */
const PLANT_MS = 60_000;

// The stage rules are worth nothing if the tool silently reads no file, which is what dependency-cruiser 18 does
// (exit 0, "0 modules") when the only TypeScript installed is 7. So every rule must reject a violation planted for it.
const root = mkdtempSync(join(import.meta.dirname, "../.planted-"));
afterAll(() => rmSync(root, { recursive: true }));

function cruise(files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const bin = resolve(import.meta.dirname, "../node_modules/.bin/depcruise");
  const config = resolve(import.meta.dirname, "../.dependency-cruiser.mjs");
  const { stdout } = spawnSync(
    bin,
    ["src", "--config", config, "--ts-config", resolve(import.meta.dirname, "../tsconfig.json")],
    { cwd: root, encoding: "utf8" },
  );
  rmSync(join(root, "src"), { recursive: true });
  return stdout;
}

test.each([
  [
    "fleet-sees-only-the-catalogue",
    {
      "src/decoys/ssh/s.ts": "export const s = 1;",
      "src/fleet/i.ts": 'export { s } from "../decoys/ssh/s.ts";',
    },
  ],
  [
    "analysis-are-islands",
    { "src/analysis/b/i.ts": "export const b = 1;", "src/analysis/a/i.ts": 'export { b } from "../b/i.ts";' },
  ],
  [
    "no-test-code-in-product",
    {
      "src/kernel/testing/t.ts": "export const t = 1;",
      "src/kernel/k.ts": 'export { t } from "./testing/t.ts";',
    },
  ],
  ["unresolvable", { "src/kernel/k.ts": 'export { t } from "./missing.ts";' }],
  [
    "decoys-are-islands",
    { "src/decoys/b/i.ts": "export const b = 1;", "src/decoys/a/i.ts": 'export { b } from "../b/i.ts";' },
  ],
  [
    "unknown-folder",
    { "src/kernel/k.ts": "export const k = 1;", "src/utils/u.ts": 'export { k } from "../kernel/k.ts";' },
  ],
  [
    "no-cycle",
    {
      "src/kernel/x.ts": 'import { y } from "./y.ts"; export const x = () => y;',
      "src/kernel/y.ts": 'import { x } from "./x.ts"; export const y = () => x;',
    },
  ],
])("%s rejects a planted violation", { timeout: PLANT_MS }, (rule, files) => {
  expect(cruise(files as unknown as Record<string, string>)).toContain(`error ${rule}:`);
});

test("every stage rejects an import of a stage that its line does not name", { timeout: PLANT_MS }, () => {
  const stages = Object.keys(allowed);
  expect(stages.length).toBeGreaterThan(10);
  // The forms an import can take, in turn, so that each is seen by some rule.
  const forms = [
    (to: string) => `export { s } from "../${to}/s.ts";`,
    (to: string) => `import type { s } from "../${to}/s.ts"; export type T = typeof s;`,
    (to: string) => `export type T = import("../${to}/s.ts").s;`,
    (to: string) => `export const t = () => import("../${to}/s.ts");`,
  ];
  const files: Record<string, string> = {};
  for (const [index, stage] of stages.entries()) {
    const forbidden = stages.find((other) => other !== stage && !allowed[stage]?.includes(other));
    files[`src/${stage}/s.ts`] = "export const s = 1;";
    files[`src/${stage}/planted.ts`] = forms[index % forms.length]?.(forbidden ?? "") ?? "";
  }
  const said = cruise(files);
  expect(stages.filter((stage) => !said.includes(`error stage-${stage}:`))).toEqual([]);
});

test("every kind of rule has a planted violation", () => {
  const source = readFileSync(import.meta.filename, "utf8");
  const others = config.forbidden.map(({ name }) => name).filter((name) => !name.startsWith("stage-"));
  expect(others.length).toBeGreaterThan(5);
  expect(others.filter((name) => !source.includes(`"${name}"`))).toEqual([]);
});
