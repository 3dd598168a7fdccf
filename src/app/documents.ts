import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  decoysBlock,
  limitsBlock,
  roomsBlock,
  shellLimitsBlock,
  worldLimitsBlock,
} from "./documents/blocks.ts";
import { errorsPage } from "./documents/errors-page.ts";
import { eventsPage } from "./documents/events-page.ts";
import { fillBlocks } from "./documents/markdown.ts";
import { settingsPage } from "./documents/settings-page.ts";
import { packageRoot } from "./package.ts";

const page = (lines: Iterable<string>): string => `${[...lines].join("\n").trimEnd()}\n`;

/**
 * The documents that are made from code, and those written by hand that hold a block made from it. `npm run docs`
 * writes them; the test fails when one differs from what lies in `docs/`.
 *
 * @returns path below the repository → text
 */
export function documents(root: string = packageRoot()): Promise<Readonly<Record<string, string>>> {
  const filled = (path: string, blocks: Readonly<Record<string, Iterable<string>>>): string =>
    fillBlocks(readFileSync(join(root, path), "utf8"), blocks);
  return Promise.resolve({
    "docs/settings.md": page(settingsPage()),
    "docs/errors.md": page(errorsPage(root)),
    "docs/events.md": page(eventsPage()),
    "docs/architecture.md": filled("docs/architecture.md", { rooms: roomsBlock(root) }),
    "docs/decoys.md": filled("docs/decoys.md", { decoys: decoysBlock(), limits: limitsBlock() }),
    "docs/machine.md": filled("docs/machine.md", { shell: shellLimitsBlock(), worlds: worldLimitsBlock() }),
  });
}
