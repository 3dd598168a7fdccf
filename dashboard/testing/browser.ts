import { type Browser, chromium } from "playwright-core";
import type { World } from "./seeded.ts";

/** Debian's Chromium, told to ask nobody for anything by itself. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });

/** Whom and what to look at in a world: the pages of one of each need an id. */
export const subjectsOf = (world: World) => ({
  attacker: world.attackers[0]?.uuid ?? "",
  /** Over, and long enough to be worth a replay. */
  session:
    world.sessions.find(({ state, command_count }) => state === "closed" && command_count > 6)?.session_id ??
    "",
  event: world.events.at(-5)?.id ?? "",
});
