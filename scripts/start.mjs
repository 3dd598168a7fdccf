// `npm start`: installs what is missing, builds the dashboard once, runs `decnet up`.
import { join } from "node:path";
import { ensureDashboard, ensureInstalled, root, run } from "./setup.mjs";

ensureInstalled();
ensureDashboard();
process.exitCode = await run([join(root, "src/cli/main.ts"), "up", ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? root,
});
