import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { root } from "./harness.ts";

const CHROMIUM = "/usr/bin/chromium";
export const hasChromium = existsSync(CHROMIUM);

/** Kept by CI. */
export const pictures = join(root, "artifacts", "screenshots");

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });

/** Everything a page must not do: errors, broken promises of the CSP, requests to other places. */
export interface Watched {
  readonly page: Page;
  /** What went wrong so far; must stay empty. */
  readonly faults: readonly string[];
}

export async function openPage(context: BrowserContext, origin: string): Promise<Watched> {
  const faults: string[] = [];
  const page = await context.newPage();
  page.on("console", (message) => {
    // A refused sign-in is the server's answer to the question whether somebody is signed in.
    if (message.type() === "error" && !/status of 401/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:") && !url.startsWith("blob:"))
      faults.push(`request: ${url}`);
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, faults };
}

export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Ids of the accessibility rules that a page breaks, with where. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

/** Signs in with the first password and chooses another, as the first start asks for. */
export async function signIn(
  page: Page,
  url: string,
  passwords: { readonly first: string; readonly own: string },
): Promise<void> {
  await page.goto(url);
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password", { exact: true }).fill(passwords.first);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Choose your own password" }).waitFor();
  await page.getByLabel("Current password").fill(passwords.first);
  await page.getByLabel("New password", { exact: true }).fill(passwords.own);
  await page.getByLabel("New password again").fill(passwords.own);
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}
