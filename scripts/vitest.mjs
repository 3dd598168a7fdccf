// Runs projects of the test suite and counts what they say.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./setup.mjs";

/** Set by CI: a suite that cannot run because a tool is missing is a failure, not a skip. */
export const everythingRequired = process.env.DECNET_TEST_REQUIRE_ALL === "true";

const cli = join(root, "node_modules/vitest/vitest.mjs");

/**
 * @param projects names of vitest projects, run one after the other in one call
 * @returns {Promise<{passed: number, failed: number, skipped: string[]}>}
 */
export async function vitest(projects, { cwd = root } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "decnet-results-"));
  const output = join(folder, "results.json");
  const code = await run(
    [
      cli,
      "run",
      ...projects.flatMap((name) => ["--project", name]),
      "--reporter=dot",
      "--reporter=json",
      `--outputFile.json=${output}`,
    ],
    { cwd, stdio: ["ignore", "inherit", "inherit"] },
  );
  const results = existsSync(output) ? JSON.parse(readFileSync(output, "utf8")) : undefined;
  rmSync(folder, { recursive: true });
  if (results === undefined) return { passed: 0, failed: 1, skipped: [] };
  const skipped = results.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "pending" || status === "skipped")
      .map(({ fullName }) => fullName),
  );
  const failed = results.numFailedTests + (code !== 0 && results.numFailedTests === 0 ? 1 : 0);
  return { passed: results.numPassedTests, failed, skipped };
}
