// @vitest-environment node
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const SRC = import.meta.dirname;

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.endsWith("schema.d.ts"))
  .map((name) => ({ name, text: readFileSync(join(SRC, name), "utf8") }));

/** Ways by which text becomes markup or code. */
const bans: Readonly<Record<string, RegExp>> = {
  "markup from text": /dangerouslySetInnerHTML|\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write/,
  "code from text": /\beval\s*\(|new\s+Function\s*\(|set(?:Timeout|Interval)\s*\(\s*["'`]/,
  "a link to the outside": /(?:href|src|action)=["'{`]+https?:/,
  "a secret in storage": /(?:local|session)Storage\.setItem\([^)]*(?:token|password|secret)/i,
};

describe("our sources", () => {
  test("are there", () => {
    expect(sources.length).toBeGreaterThan(80);
  });

  test.each(Object.entries(bans))("hold no %s", (_, ban) => {
    expect(sources.filter(({ text }) => ban.test(text)).map(({ name }) => name)).toEqual([]);
  });

  test("a page imports from api, parts, theme and itself, a part never from a page or the frame", () => {
    const wrong = sources.flatMap(({ name, text }) =>
      [...text.matchAll(/from "(\.[^"]+)"/g)]
        .map(([, path = ""]) => relative(SRC, join(SRC, name, "..", path)))
        .filter((target) => isForbidden(name, target))
        .map((target) => `${name} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

function isForbidden(from: string, to: string): boolean {
  const [room, page] = from.split("/");
  const [target, other] = to.split("/");
  const allowed: Readonly<Record<string, readonly string[]>> = {
    theme: ["theme"],
    api: ["api"],
    parts: ["parts", "api", "theme"],
    pages: ["pages", "parts", "api", "theme"],
    app: ["app", "pages", "parts", "api", "theme"],
  };
  if (!(allowed[room ?? ""] ?? []).includes(target ?? "")) return true;
  return room === "pages" && target === "pages" && page !== other;
}

describe("the built dashboard", () => {
  const out = mkdtempSync(join(tmpdir(), "decnet-dashboard-"));
  const read = (name: string) => readFileSync(join(out, name), "utf8");
  const assets = () => readdirSync(join(out, "assets"));
  beforeAll(async () => {
    await build({
      root: join(SRC, ".."),
      configFile: join(SRC, "..", "vite.config.ts"),
      logLevel: "silent",
      mode: "production",
      define: { "process.env.NODE_ENV": '"production"' },
      build: { outDir: out, emptyOutDir: true },
    });
  }, 120_000);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test("has no inline script, style or handler in its page", () => {
    const page = read("index.html");
    expect(page).toContain('<div id="root">');
    expect(page.replaceAll(/<script[^>]*\ssrc="[^"]+"[^>]*><\/script>/g, "")).not.toMatch(
      /<script|<style|\sstyle=|\son\w+=/i,
    );
  });

  test("makes no markup or code from text in our own part of it", () => {
    const ours = assets().filter((name) => name.endsWith(".js") && !name.startsWith("vendor"));
    expect(ours.length).toBeGreaterThan(8);
    for (const name of ours) {
      const text = read(join("assets", name));
      for (const ban of Object.values(bans)) expect([name, ban.test(text)]).toEqual([name, false]);
    }
  });

  test("asks no other origin for anything", () => {
    const styles = assets().filter((name) => name.endsWith(".css"));
    expect(styles.length).toBeGreaterThan(3);
    for (const name of styles)
      expect([name, /url\(\s*["']?(?:https?:|\/\/|data:)|@import/.test(read(join("assets", name)))]).toEqual([
        name,
        false,
      ]);
    expect(read("index.html")).not.toMatch(/(?:href|src)="(?:https?:)?\/\//);
  });

  test("serves no source maps", () => {
    expect(assets().filter((name) => name.endsWith(".map"))).toEqual([]);
  });

  const zipped = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(out, "assets", name))).length, 0);

  test("loads the overview with at most 250 kB of script and 40 kB of style, the replay with 250 kB more", () => {
    const all = assets();
    const js = all.filter((name) => name.endsWith(".js"));
    const pagesOnly = /^(?:logs|attackers|attacker|sessions|session|credentials)-page|vendor-player/;
    const first = zipped(js.filter((name) => !pagesOnly.test(name)));
    const replay = zipped(js.filter((name) => /^session-page|vendor-player/.test(name)));
    expect(first).toBeGreaterThan(50_000);
    expect(first).toBeLessThanOrEqual(250_000);
    expect(replay).toBeLessThanOrEqual(250_000);
    expect(zipped(all.filter((name) => name.endsWith(".css")))).toBeLessThanOrEqual(40_000);
    for (const name of js.filter((each) => /-page/.test(each)))
      expect([name, zipped([name]) <= 150_000]).toEqual([name, true]);
  });
});
