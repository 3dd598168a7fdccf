// `npm test`: installs what is missing and runs everything. The last line is `N passed, N failed`.
import { join } from "node:path";
import { runChecks } from "./check.mjs";
import { ensureDashboard, ensureInstalled, root } from "./setup.mjs";
import { everythingRequired, vitest } from "./vitest.mjs";

ensureInstalled();
ensureDashboard();
const total = runChecks();
const skipped = [];
const suites = [
  [["unit"], {}],
  [["dashboard", "dashboard-browser"], { cwd: join(root, "dashboard") }],
  [["process"], {}],
  [["product"], {}],
  [["browser"], {}],
];
for (const [projects, options] of suites) {
  process.stdout.write(`\n— ${projects.join(", ")} —\n`);
  const result = await vitest(projects, options);
  total.passed += result.passed;
  total.failed += result.failed;
  skipped.push(...result.skipped);
}
if (skipped.length > 0) {
  process.stdout.write(`\nSKIPPED, because a tool of the host is missing (${skipped.length}):\n`);
  for (const name of skipped) process.stdout.write(`  ${name}\n`);
  if (everythingRequired) {
    process.stdout.write("Everything is required here, so each of them is a failure.\n");
    total.failed += skipped.length;
  }
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
