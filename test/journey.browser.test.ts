import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { Client } from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  accessibilityFaults,
  hasChromium,
  launch,
  openPage,
  picture,
  pictures,
  signIn,
  type Watched,
} from "./browser.ts";
import { ADMIN_PASSWORD, has, type Product, runProgram, SSH_OPTIONS, ssh, startProduct } from "./harness.ts";

const CURL = ["-s", "-o", "/dev/null", "--max-time", "10"];
const OWN_PASSWORD = "my very own pass phrase";
const canRun = hasChromium && has("ssh") && has("sshpass") && has("curl");

/** Ten lines a person types; each can be told from the others in the feed. */
const COMMANDS = [
  "whoami",
  "id -u",
  "uname -a",
  "pwd",
  "ls -la /etc/ssh",
  "cat /etc/hostname",
  "df -h /",
  "ps aux | head -n 5",
  "cd /tmp && touch was-here",
  "ls -l /tmp/was-here",
] as const;

/** One refused log-in over SSH with any user name. */
function tryLogin(port: number, username: string): Promise<void> {
  const client = new Client();
  return new Promise((resolve) => {
    client.once("error", () => client.destroy()).once("close", () => resolve());
    client.connect({ host: "127.0.0.1", port, username, password: "nope", readyTimeout: 20_000 });
  });
}

describe.skipIf(!canRun)("a visitor's first attack, in a real browser with a real ssh client", () => {
  let product: Product;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    product = await startProduct();
    browser = await launch();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" });
    watched = await openPage(context, product.ready.url);
  });
  afterAll(async () => {
    await browser?.close();
    await product?.[Symbol.asyncDispose]();
  });

  test("signing in for the first time asks for an own password, then shows what to type", async () => {
    const { page } = watched;
    await signIn(page, product.ready.url, { first: ADMIN_PASSWORD, own: OWN_PASSWORD });
    await page
      .getByText(`ssh -p ${product.port("ssh")} root@127.0.0.1`)
      .first()
      .waitFor();
    await picture(page, "overview-empty-dark");
    expect(watched.faults).toEqual([]);
  });

  test("each command typed over ssh shows in the feed without a reload", async () => {
    const { page } = watched;
    const { user, password } = product.pair("ssh");
    const to = ["-p", String(product.port("ssh")), `${user}@127.0.0.1`];
    const client = spawn("sshpass", ["-p", password, "ssh", "-tt", ...SSH_OPTIONS, ...to], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let shown = "";
    client.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    const prompt = async (): Promise<void> => {
      const before = shown.length;
      await expect
        .poll(() => /[#$] $/.test(shown.slice(Math.max(0, before - 40))), { timeout: 20_000 })
        .toBe(true);
    };
    await prompt();
    const delays: number[] = [];
    for (const command of COMMANDS) {
      client.stdin.write(`${command}\r`);
      const typed = performance.now();
      await page
        .getByRole("region", { name: "Live feed" })
        .getByText(command, { exact: false })
        .first()
        .waitFor({ timeout: 10_000 });
      delays.push(Math.round(performance.now() - typed));
    }
    await picture(page, "overview-live-dark");
    const closed = new Promise((resolve) => client.once("close", resolve));
    client.stdin.write("exit\r");
    await closed;
    mkdirSync(pictures, { recursive: true });
    // Looked at by people; a shared machine is no place for a limit in milliseconds.
    writeFileSync(join(pictures, "feed-delays-ms.json"), `${JSON.stringify(delays)}\n`);
    expect(shown).toContain("was-here");
    expect(watched.faults).toEqual([]);
  });

  test("the attacker's page lists the commands in order", async () => {
    const { page } = watched;
    await page.goto(`${product.ready.url}/attackers`);
    await page.getByRole("link", { name: "127.0.0.1" }).first().click();
    await page.getByRole("tab", { name: /Commands/ }).click();
    await page.getByText("ls -l /tmp/was-here").first().waitFor();
    const text = (await page.locator("main").innerText()).replaceAll("\u00a0", " ");
    const places = COMMANDS.map((command) => text.indexOf(command));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    await picture(page, "attacker-commands-dark");
    expect(watched.faults).toEqual([]);
  });

  test("the replay plays what was on the terminal", async () => {
    const { page } = watched;
    await page.goto(`${product.ready.url}/sessions`);
    await picture(page, "sessions-list-dark");
    await page.locator('main a[href*="/sessions/"]').first().click();
    await page.locator(".ap-player, .ap-terminal, .ap-term").first().waitFor();
    await page.getByRole("button", { name: /Play/ }).first().click();
    await page.getByText("was-here").first().waitFor({ timeout: 60_000 });
    await picture(page, "replay-dark");
    expect(watched.faults).toEqual([]);
  });

  test("what an attacker types is text, never markup, wherever it is shown", async () => {
    const { page } = watched;
    const hostile = [
      `<script>document.title="owned"</script>`,
      `<img src=x onerror=alert(1)>`,
      "\u001b[31mred\u001b]0;owned\u0007",
      "admin\u202Egnp.exe",
      "x".repeat(60_000),
    ];
    const web = `http://127.0.0.1:${product.port("http")}`;
    // OpenSSH's own client refuses such names; an attacker's does not.
    for (const name of hostile.slice(0, 4)) await tryLogin(product.port("ssh"), name);
    for (const [index, text] of hostile.entries())
      await runProgram("curl", [
        ...CURL,
        "--path-as-is",
        "-A",
        text.replaceAll(/[\r\n]/g, " ").slice(0, 4_000),
        `${web}/${encodeURIComponent(text).slice(0, 7_000)}?n=${index}`,
      ]);
    // A megabyte by the only way that takes one: the body of a request.
    const mega = `<script>alert(2)</script>${"y".repeat(1_000_000)}`;
    await runProgram("curl", [...CURL, "--data-binary", "@-", `${web}/mega`], { input: mega });
    for (const path of ["/", "/logs", "/attackers", "/credentials", "/sessions"]) {
      await page.goto(`${product.ready.url}${path}`);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await page.waitForTimeout(800);
      expect(await page.title()).not.toContain("owned");
    }
    await page.goto(`${product.ready.url}/credentials`);
    await page.getByText(`<script>document.title="owned"</script>`).first().waitFor();
    await page.getByText("U+202E").first().waitFor();
    await picture(page, "hostile-credentials-dark");
    expect(watched.faults).toEqual([]);
  });

  test.each(["dark", "light"] as const)("no page breaks a rule of accessibility (%s)", async (theme) => {
    const { page } = watched;
    await page.emulateMedia({ colorScheme: theme });
    const faults: string[] = [];
    for (const [name, path] of [
      ["overview", "/"],
      ["events", "/logs"],
      ["attackers", "/attackers"],
      ["sessions", "/sessions"],
      ["credentials", "/credentials"],
    ] as const) {
      await page.goto(`${product.ready.url}${path}`);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await page.waitForTimeout(800);
      await picture(page, `${name}-${theme}`);
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${name} ${fault}`));
    }
    expect(faults).toEqual([]);
  });

  test("a second visit with the real client finds what the first one left", async () => {
    const { stdout } = await ssh(product, ["ls /tmp/was-here"]);
    expect(stdout).toBe("/tmp/was-here\n");
  });
});
