/** Takes pictures of every page, dark and light, wide and narrow: `node dashboard/testing/look.ts OUT [only…]`. */
import { mkdirSync } from "node:fs";
import { launch, subjectsOf } from "./browser.ts";
import { startMock } from "./mock-server.ts";

const [out = "/tmp/pictures", ...only] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

await using mock = await startMock({ rate: 4 });
await using empty = await startMock({ isEmpty: true });
await using outside = await startMock({ isSignedIn: false });
await using forced = await startMock({ mustChangePassword: true });
const { attacker, session, event } = subjectsOf(mock.world);
const open = mock.world.sessions[0]?.session_id ?? "";

const pages: readonly (readonly [name: string, url: string])[] = [
  ["login", `${outside.url}/`],
  ["forced", `${forced.url}/`],
  ["overview", `${mock.url}/`],
  ["overview-empty", `${empty.url}/`],
  ["logs", `${mock.url}/logs`],
  ["logs-filtered", `${mock.url}/logs?search=service%3Assh+-event%3Aconnect+root&open=${event}`],
  ["logs-empty", `${mock.url}/logs?search=decky%3Anowhere`],
  ["attackers", `${mock.url}/attackers`],
  ["attacker", `${mock.url}/attackers/${attacker}`],
  ["attacker-commands", `${mock.url}/attackers/${attacker}?tab=commands`],
  ["sessions", `${mock.url}/sessions`],
  ["session", `${mock.url}/sessions/${session}?t=12`],
  ["session-live", `${mock.url}/sessions/${open}`],
  ["credentials", `${mock.url}/credentials`],
  ["credentials-top", `${mock.url}/credentials?tab=top`],
  ["credentials-empty", `${empty.url}/credentials`],
];

const browser = await launch();
try {
  for (const theme of ["dark", "light"] as const)
    for (const width of [1440, 390]) {
      const context = await browser.newContext({
        viewport: { width, height: width === 390 ? 844 : 900 },
        colorScheme: theme,
      });
      for (const [name, url] of pages) {
        const id = `${name}-${theme}-${width}`;
        if (only.length > 0 && !only.some((part) => id.includes(part))) continue;
        const page = await context.newPage();
        page.on("console", (message) => {
          if (message.type() === "error" || message.type() === "warning")
            process.stdout.write(`${id}: ${message.text()}\n`);
        });
        page.on("pageerror", (error) => process.stdout.write(`${id}: ${error.stack}\n`));
        page.on("request", (request) => {
          if (!request.url().startsWith("http://127.0.0.1"))
            process.stdout.write(`${id}: asks ${request.url()}\n`);
        });
        await page.goto(url);
        await page.waitForTimeout(1600);
        await page.screenshot({ path: `${out}/${id}.png`, fullPage: false });
        await page.close();
      }
      await context.close();
    }
} finally {
  await browser.close();
}
process.exit(0);
