// What stands between a fresh clone and a running product. Plain JavaScript that old Nodes understand:
// it runs on whatever Node the machine has, and finds or installs the pinned one.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stampFile = join(modules, ".decnet-install");

/** The pinned Node, from the npm package `node`. */
export const node24 = join(modules, "node", "bin", "node");

const hashOf = (...texts) =>
  texts.reduce((hash, text) => hash.update(text), createHash("sha256")).digest("hex");

function npm(args) {
  const viaNpm = process.env.npm_execpath;
  const [program, first] = viaNpm?.endsWith(".js") ? [process.execPath, [viaNpm]] : ["npm", []];
  return spawnSync(program, [...first, ...args], { cwd: root, stdio: ["ignore", 2, 2] });
}

/** Installs the locked dependencies when they are not there or not those of the lock file. */
export function ensureInstalled() {
  const wanted = hashOf(readFileSync(join(root, "package-lock.json")), process.platform, process.arch);
  const works = () => existsSync(node24) && spawnSync(node24, ["--version"]).status === 0;
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted && works()) return;
  process.stderr.write("Installing dependencies (first start, or the lock file changed) …\n");
  // Not `npm ci`: it refuses a lock file that was made where a registry lacks the packages of other platforms.
  // The versions are those of the lock file all the same, and --no-save leaves it as it is.
  const { status } = npm(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (status !== 0) fail("npm install failed; is the npm registry reachable?");
  // Some npm settings leave install scripts out: the package that brings Node needs its own.
  if (!works()) npm(["rebuild", "node", "--foreground-scripts", "--loglevel=error"]);
  if (!works())
    fail("Node 24 did not arrive with the npm package `node`; allow its install script and try again");
  writeFileSync(stampFile, wanted);
}

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!["node_modules", "dist", "testing"].includes(entry.name)) yield* filesBelow(path);
    } else if (entry.isFile()) yield path;
  }
}

/** Builds the dashboard when its sources differ from those of the last build. */
export function ensureDashboard() {
  const folder = join(root, "dashboard");
  const stamp = join(modules, ".cache", "dashboard-sources");
  const hash = createHash("sha256");
  for (const path of [...filesBelow(folder)].sort((a, b) => (a < b ? -1 : 1)))
    hash.update(relative(folder, path)).update(readFileSync(path));
  hash.update(readFileSync(join(root, "package-lock.json")));
  const wanted = hash.digest("hex");
  const isBuilt = existsSync(join(folder, "dist", "index.html"));
  if (isBuilt && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  process.stderr.write("Building the dashboard …\n");
  const vite = join(modules, "vite", "bin", "vite.js");
  const { status } = spawnSync(node24, [vite, "build", "--logLevel", "warn"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) fail("the dashboard does not build");
  mkdirSync(join(modules, ".cache"), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Runs a program of ours with the pinned Node, passes signals on, and resolves with its exit code. */
export function run(args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(node24, args, {
      cwd: root,
      stdio: "inherit",
      ...options,
      // Two arenas of the C library's heap are enough; each further one keeps memory it does not use.
      env: { MALLOC_ARENA_MAX: "2", ...process.env, ...options.env },
    });
    // The terminal sends ^C to the whole group; the child decides when it is done.
    const pass = (signal) => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal));
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, pass);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
