import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countNumbers } from "./spool-lines.ts";

/** A program of this folder in a process of its own; started = it has said so. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, "exit");
    child.stdout?.on("data", (text: Buffer) => {
      this.output += text.toString();
    });
  }

  static async start(name: string, ...args: readonly string[]): Promise<Program> {
    const path = fileURLToPath(new URL(name, import.meta.url));
    const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const program = new Program(child);
    const started = once(child.stdout ?? child, "data");
    await Promise.race([started, program.#exit]);
    if (!program.isRunning) throw new Error(`${name} ended at once`);
    return program;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again until it is so. */
export async function until(what: string, isSo: () => boolean, deadlineMs = 60_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(25);
  }
}

/** Spool files that lie below a folder. */
export const filesBelow = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

/** A data folder with a ledger of what writers had in their spools. */
export function makeFolders(root: string) {
  const ledger = join(root, "ledger");
  mkdirSync(ledger, { recursive: true });
  return { dataDir: root, ledger, spool: join(root, "spool"), log: join(root, "log", "decnet.log") };
}

/**
 * What is wrong with an output: per run every number up to the last must be there once and in order, and at least up
 * to what the ledger says. The line that a writer was killed in may be there or not.
 */
export function faults(lines: readonly string[], ledger: string): readonly string[] {
  const problems: string[] = [];
  const next = new Map<string, number>();
  for (const [key, count] of countNumbers(lines)) {
    if (count !== 1) problems.push(`${key} is there ${count} times`);
    const [run = "", n] = key.split("#");
    const expected = next.get(run) ?? 0;
    if (Number(n) !== expected) problems.push(`${run}: ${n} follows ${expected - 1}`);
    next.set(run, Number(n) + 1);
  }
  const runs = readdirSync(ledger);
  if (runs.length === 0) problems.push("no run was written");
  for (const run of runs) {
    const written = Number(readFileSync(join(ledger, run), "utf8"));
    if ((next.get(run) ?? 0) < written)
      problems.push(`${run}: ${written} were written, ${next.get(run) ?? 0} are there`);
  }
  return problems.slice(0, 20);
}
