// @vitest-environment node
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, subjectsOf } from "./browser.ts";
import { type Mock, startMock } from "./mock-server.ts";

/** Pages in a real Chromium under the real content policy; run `npm run build` in `dashboard/` before. */
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
}, 60_000);
afterAll(() => browser?.close());

interface Visit {
  readonly page: Page;
  readonly complaints: string[];
}

async function visit(mock: Mock, path: string): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(mock.url) && !request.url().startsWith("blob:"))
      complaints.push(`asked ${request.url()}`);
  });
  await page.goto(mock.url + path);
  return { page, complaints };
}

const WAIT = { timeout: 20_000 };
const seqOf = (page: Page) => page.locator(".table-data").first().getAttribute("aria-rowindex");

describe("pages in a browser", () => {
  test("hostile text on every page runs nothing, asks nothing and breaks no policy", async () => {
    await using mock = await startMock();
    const { attacker, session } = subjectsOf(mock.world);
    const paths = [
      "/",
      "/logs",
      "/attackers",
      `/attackers/${attacker}`,
      `/attackers/${attacker}?tab=files`,
      "/sessions",
      `/sessions/${session}?t=30`,
      "/credentials",
      "/credentials?tab=top",
    ];
    for (const path of paths) {
      const { page, complaints } = await visit(mock, path);
      await page.locator(".table-data, .timeline-item, .ap-term-text, .bar").first().waitFor(WAIT);
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      expect([path, complaints]).toEqual([path, []]);
      expect([path, await page.locator("bdi img, bdi script, .ap-term-text a").count()]).toEqual([path, 0]);
      expect(await page.title()).toBe("DECNET");
      await page.close();
    }
  });

  test("paused events wait with their count and come whole, none twice", async () => {
    await using mock = await startMock({ events: 50 });
    const { page } = await visit(mock, "/logs");
    await page.locator(".table-data").first().waitFor(WAIT);
    await page.getByRole("button", { name: "Pause" }).click();
    const before = await page.locator(".table-data").first().textContent();
    mock.emit(7);
    mock.emit(5);
    await page.getByRole("button", { name: "12 new" }).waitFor(WAIT);
    expect(await page.locator(".table-data").first().textContent()).toBe(before);
    await page.getByRole("button", { name: "12 new" }).click();
    await page.waitForFunction(
      (old) => document.querySelector(".table-data")?.textContent !== old,
      before,
      WAIT,
    );
    const wanted = mock.world.events
      .slice(-12)
      .map(({ received }) => received.slice(11, 19))
      .reverse();
    const shown = await page.locator(".table-data time").allTextContents();
    expect(shown.slice(0, 12).map((text) => text.slice(11, 19))).toEqual(wanted);
    expect(await seqOf(page)).toBe("2");
    await page.close();
  });

  test("a broken stream says so, comes back by itself and goes on", async () => {
    await using mock = await startMock({ events: 20 });
    const { page } = await visit(mock, "/");
    await page.getByRole("button", { name: "Live", exact: true }).waitFor(WAIT);
    mock.dropStreams();
    await page.getByText(/Reconnecting in/).waitFor(WAIT);
    await page.getByRole("button", { name: "Live", exact: true }).waitFor(WAIT);
    mock.emit(1);
    const newest = mock.world.events.at(-1)?.received.slice(11, 19) ?? "";
    await page.waitForFunction(
      (wanted) => document.querySelector(".table-data time")?.textContent === wanted,
      newest,
      WAIT,
    );
    expect(await page.locator(".table-data time").first().textContent()).toBe(newest);
    await page.close();
  });

  test("who is this: from a feed row to attacker and session and back with Back only", async () => {
    await using mock = await startMock();
    const { page, complaints } = await visit(mock, "/");
    await page.locator(".table-data").nth(4).click();
    await page.getByRole("link", { name: "Open attacker" }).click(WAIT);
    await page.getByRole("tab", { name: /Sessions/ }).click(WAIT);
    expect(page.url()).toContain("tab=sessions");
    await page.goBack();
    await page.goBack();
    await page.getByRole("link", { name: "Open attacker" }).waitFor(WAIT);
    await page.goBack();
    await page.locator(".drawer").waitFor({ state: "detached", ...WAIT });
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("a replay jumps to a command, keeps its place over a reload and obeys its keys", async () => {
    await using mock = await startMock();
    const { session } = subjectsOf(mock.world);
    const { page } = await visit(mock, `/sessions/${session}`);
    await page.locator(".commands button").nth(2).click(WAIT);
    await page.waitForURL(/[?&]t=\d/, WAIT);
    const place = new URL(page.url()).searchParams.get("t");
    await page.reload();
    await page.locator(".commands li[aria-current=step]").waitFor(WAIT);
    expect(new URL(page.url()).searchParams.get("t")).toBe(place);
    await page.locator(".replay").focus();
    await page.keyboard.press("]");
    await page.waitForFunction(
      () => document.querySelectorAll(".commands li")[3]?.getAttribute("aria-current") === "step",
      undefined,
      WAIT,
    );
    await page.keyboard.press(">");
    expect(await page.getByRole("combobox", { name: "Speed" }).inputValue()).toBe("2");
    await page.close();
  });
});
