// `npm run check`: what no test has to find. Each tool is one line of the result; with --static the unit tests are left out.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, node24, root } from "./setup.mjs";
import { vitest } from "./vitest.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
const tsc = join(root, "node_modules/typescript-7/bin/tsc");

/** In the order in which they are cheap to fix. */
/** @type {readonly { name: string, args: string[] }[]} */
export const checks = [
  { name: "format", args: [bin("biome"), "check", "--error-on-warnings", "."] },
  {
    name: "lint",
    args: [bin("oxlint"), "--type-aware", "--deny-warnings", "src", "test", "bench", "scripts", "dashboard"],
  },
  { name: "types of the server", args: [tsc, "-p", "."] },
  { name: "types of the dashboard", args: [tsc, "-p", "dashboard"] },
  { name: "stages", args: [bin("depcruise"), "src"] },
  { name: "dead code", args: [bin("knip"), "--no-progress"] },
  { name: "generated documents", args: ["scripts/docs.mjs", "--check"] },
];

export function runChecks() {
  let failed = 0;
  for (const { name, args } of checks) {
    const started = Date.now();
    const { status, stdout, stderr } = spawnSync(node24, args, {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)\n`);
    if (status === 0) continue;
    failed += 1;
    process.stdout.write(`${stdout}${stderr}`.split("\n").slice(-120).join("\n"));
  }
  return { passed: checks.length - failed, failed };
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith("scripts/check.mjs")) {
  ensureInstalled();
  const total = runChecks();
  if (!process.argv.includes("--static")) {
    const unit = await vitest(["unit"]);
    total.passed += unit.passed;
    total.failed += unit.failed;
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}
