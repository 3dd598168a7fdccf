import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshFolder, root, runProgram, startProduct } from "./harness.ts";

/** An empty folder with the packed tarball in its node_modules, beside the dependencies it asks for. */
describe("the packed tarball", () => {
  const folder = freshFolder();
  const program = join(folder, "node_modules", "decnet", "dist", "decnet.js");
  const decnet = (...args: readonly string[]) =>
    spawnSync(process.execPath, [program, ...args], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: folder, DECNET_DATA_DIR: join(folder, "data") },
    });

  beforeAll(() => {
    const env = { ...process.env, npm_config_loglevel: "error" };
    const packed = spawnSync("npm", ["pack", "--pack-destination", folder], {
      cwd: root,
      encoding: "utf8",
      env,
    });
    const tarball = packed.stdout.trim().split("\n").at(-1) ?? "";
    const modules = join(folder, "node_modules");
    mkdirSync(join(modules, "decnet"), { recursive: true });
    spawnSync("tar", ["-xzf", join(folder, tarball), "-C", join(modules, "decnet"), "--strip-components=1"]);
    for (const name of readdirSync(join(root, "node_modules")))
      if (!name.startsWith(".") && name !== "decnet")
        symlinkSync(join(root, "node_modules", name), join(modules, name));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("says what it can do and examines the machine", () => {
    expect(decnet("--help").stdout).toContain("decnet [options] [command]");
    const doctor = decnet("doctor", "--json");
    const findings = JSON.parse(doctor.stdout) as { subject: string; verdict: string }[];
    expect(findings.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(["Node", "data folder", "disk", "dashboard port", "Docker", "clock"]),
    );
    expect(findings.find(({ subject }) => subject === "Node")?.verdict).toBe("ok");
  });

  test("holds no sources, tests or fixtures of ours", () => {
    const names = readdirSync(join(folder, "node_modules", "decnet"), { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => /\.ts$|\.map$|test|fixture/.test(name))).toEqual([]);
    expect(names).toContain(join("dashboard", "dist", "index.html"));
  });

  test("runs everything with one command", async () => {
    await using product = await startProduct({ program });
    expect(product.ready.deckies).toHaveLength(3);
    const page = await fetch(product.ready.url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<div id="root">');
    const answer = await runProgram("curl", ["-si", `http://127.0.0.1:${product.port("http")}/`]);
    expect(answer.stdout).toMatch(/^HTTP\/1\.[01] 200 .*\r\n/);
  });
});
