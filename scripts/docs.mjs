// `npm run docs` writes the documents that are made from code; with --check it only compares.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documents } from "../src/app/documents.ts";
import { commandsPage } from "../src/cli/commands-page.ts";
import { createProgram } from "../src/cli/program.ts";
import { root } from "./setup.mjs";

const check = process.argv.includes("--check");
const pages = {
  ...(await documents(root)),
  "docs/commands.md": `${[...commandsPage(createProgram(""))].join("\n")}\n`,
};
let different = 0;
for (const [name, text] of Object.entries(pages)) {
  const path = join(root, name);
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (before === text) continue;
  different += 1;
  if (check) process.stderr.write(`${name} is out of date; run \`npm run docs\`\n`);
  else {
    writeFileSync(path, text);
    process.stderr.write(`${name} written\n`);
  }
}
const openapi = spawnSync(
  process.execPath,
  [join(root, "scripts/openapi.mjs"), ...(check ? ["--check"] : [])],
  { stdio: "inherit" },
);
if ((different > 0 && check) || openapi.status !== 0) process.exitCode = 1;
