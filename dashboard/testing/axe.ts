/** Prints what axe finds on every page, open layers included: `node dashboard/testing/axe.ts [dark|light] [1440|390]`. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { launch, subjectsOf } from "./browser.ts";
import { startMock } from "./mock-server.ts";

await using mock = await startMock({ rate: 2 });
await using empty = await startMock({ isEmpty: true });
await using outside = await startMock({ isSignedIn: false });
await using forced = await startMock({ mustChangePassword: true });
const { attacker, session, event } = subjectsOf(mock.world);

const [onlyTheme, onlyWidth] = process.argv.slice(2);

type Prepare = (page: Page) => Promise<unknown>;
const pages: readonly (readonly [url: string, prepare?: Prepare])[] = [
  [`${outside.url}/`],
  [`${forced.url}/`],
  [`${mock.url}/`],
  [`${mock.url}/?open=${event}`],
  [`${mock.url}/`, (page) => page.keyboard.press("Control+k")],
  [`${mock.url}/`, (page) => page.keyboard.press("?")],
  [`${mock.url}/`, (page) => page.getByRole("button", { name: /^Time range/ }).click()],
  [`${mock.url}/`, (page) => page.getByRole("button", { name: /^Account of/ }).click()],
  [`${empty.url}/`],
  [`${mock.url}/logs?search=service%3Assh+-event%3Aconnect&open=${event}`],
  [`${mock.url}/logs`, (page) => page.getByRole("combobox", { name: "Search", exact: true }).focus()],
  [`${mock.url}/logs?search=decky%3Anowhere`],
  [`${mock.url}/attackers`],
  [`${empty.url}/attackers`],
  [`${mock.url}/attackers/${attacker}`],
  [`${mock.url}/attackers/${attacker}?tab=commands`],
  [`${mock.url}/attackers/${attacker}?tab=credentials`],
  [`${mock.url}/attackers/${attacker}?tab=sessions`],
  [`${mock.url}/attackers/${attacker}?tab=files`],
  [`${mock.url}/sessions`],
  [`${mock.url}/sessions/${session}?t=12`],
  [`${mock.url}/sessions/${session}?tab=events`],
  [`${mock.url}/credentials`],
  [`${mock.url}/credentials?tab=top`],
  [`${mock.url}/nowhere`],
];

const browser = await launch();
let found = 0;
try {
  for (const theme of ["dark", "light"] as const)
    for (const width of [1440, 390]) {
      if ((onlyTheme ?? theme) !== theme || Number(onlyWidth ?? width) !== width) continue;
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
      for (const [url, prepare] of pages) {
        if (width === 390 && prepare) continue;
        const page = await context.newPage();
        await page.goto(url);
        await page.waitForTimeout(900);
        await prepare?.(page);
        await page.waitForTimeout(250);
        const { violations } = await new AxeBuilder({ page }).analyze();
        for (const violation of violations) {
          found += 1;
          process.stdout.write(
            `${theme} ${width} ${new URL(url).pathname}${new URL(url).search}: ${violation.id} ${violation.help}\n`,
          );
          for (const node of violation.nodes.slice(0, 3))
            process.stdout.write(
              `    ${node.html.slice(0, 160)}\n    ${node.failureSummary?.replaceAll("\n", " ").slice(0, 260)}\n`,
            );
        }
        await page.close();
      }
      await context.close();
    }
} finally {
  await browser.close();
}
process.stdout.write(`${found} violations\n`);
process.exit(found === 0 ? 0 : 1);
