import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export const root = join(import.meta.dirname, "..");
export const entry = join(root, "src/cli/main.ts");
export const ADMIN_PASSWORD = "a long enough password";

/** Whether a program of the host is there; suites that need it are skipped loudly when not. */
export const has = (program: string): boolean => spawnSync("which", [program]).status === 0;

export interface ReadyFacts {
  readonly url: string;
  readonly pid: number;
  readonly deckies: readonly {
    readonly name: string;
    readonly hostname: string;
    readonly services: readonly {
      readonly slug: string;
      readonly address: string;
      readonly port: number;
      readonly user?: string;
      readonly password?: string;
    }[];
  }[];
}

export interface Product extends AsyncDisposable {
  readonly ready: ReadyFacts;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** Everything it printed. */
  output(): string;
  port(slug: string): number;
  /** The pair that the decky with this service accepts. */
  pair(slug: string): { readonly user: string; readonly password: string };
  stop(): Promise<number | null>;
  /** kill -9 of the process and of all its deckies. */
  kill(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export const freshFolder = (): string => mkdtempSync(join(tmpdir(), "decnet-test-"));

export interface StartOptions {
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly keep?: boolean;
  /** Another file to run than the sources' own. */
  readonly program?: string;
}

/** Pids whose command line names this data folder's run files: the deckies of one product. */
export function deckyPids(dataDir: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${dataDir}/run/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

const READY_MS = 60_000;

/** A product of which nothing is known but that its process runs. */
export interface Spawned {
  readonly process: ChildProcess;
  readonly dataDir: string;
  output(): string;
  /** Resolves when it has ended. */
  readonly exited: Promise<unknown>;
  /** kill -9 of the process and of all its deckies. */
  kill(): Promise<void>;
}

/** Runs `decnet up` without waiting for anything. */
export async function spawnProduct(options: StartOptions = {}): Promise<Spawned> {
  const dataDir = options.dataDir ?? freshFolder();
  const child = spawn(process.execPath, [options.program ?? entry, "up", ...(options.args ?? [])], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      DECNET_DATA_DIR: dataDir,
      DECNET_API_PORT: String(await freePort()),
      DECNET_ADMIN_PASSWORD: ADMIN_PASSWORD,
      ...options.env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-200_000);
    });
  const exited = once(child, "exit");
  return {
    process: child,
    dataDir,
    output: () => output,
    exited,
    async kill() {
      child.kill("SIGKILL");
      await exited;
      // Deckies that it started in its last moment are still on their way.
      await waitFor(() => {
        const pids = deckyPids(dataDir);
        for (const pid of pids) killNow(pid);
        return pids.length === 0 ? true : undefined;
      }, 10_000);
    },
  };
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

/** Starts `decnet up` on a folder of its own and waits until it says that it is ready. */
export async function startProduct(options: StartOptions = {}): Promise<Product> {
  const spawned = await spawnProduct(options);
  const { process: child, dataDir, exited } = spawned;
  const readyFile = join(dataDir, "run", "ready.json");
  const ready = await waitFor(
    () => {
      if (child.exitCode !== null)
        throw new Error(`decnet up ended with ${child.exitCode}:\n${spawned.output()}`);
      if (!existsSync(readyFile)) return undefined;
      const facts = JSON.parse(readFileSync(readyFile, "utf8")) as ReadyFacts;
      return facts.pid === child.pid ? facts : undefined;
    },
    READY_MS,
    () => `decnet up is not ready:\n${spawned.output()}`,
  );
  const services = ready.deckies.flatMap((decky) => decky.services);
  const find = (slug: string) => {
    const found = services.find((service) => service.slug === slug);
    if (found === undefined) throw new Error(`no ${slug} in the fleet`);
    return found;
  };
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await exited;
    return child.exitCode;
  };
  return {
    ready,
    dataDir,
    process: child,
    output: () => spawned.output(),
    port: (slug) => find(slug).port,
    pair: (slug) => {
      const { user, password } = find(slug);
      if (user === undefined || password === undefined) throw new Error(`no pair for ${slug}`);
      return { user, password };
    },
    stop,
    kill: () => spawned.kill(),
    async [Symbol.asyncDispose]() {
      await stop();
      if (!options.keep) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Polls until there is a value. Processes have no event to wait for. */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  ms: number,
  complaint: () => string = () => "waited too long",
): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (Date.now() > until) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Reads the store of a product beside it. */
export function query<T>(
  dataDir: string,
  sql: string,
  ...parameters: readonly (string | number)[]
): readonly T[] {
  const database = new DatabaseSync(join(dataDir, "decnet.db"), { readOnly: true, timeout: 5_000 });
  try {
    return database.prepare(sql).all(...parameters) as unknown as readonly T[];
  } finally {
    database.close();
  }
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly timeoutMs?: number;
  } = {},
): Promise<Run> {
  const child = spawn(program, args, {
    stdio: "pipe",
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 60_000,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** The real client asks nothing and remembers nothing. */
export const SSH_OPTIONS: readonly string[] = [
  "-o",
  "StrictHostKeyChecking=no",
  "-o",
  "UserKnownHostsFile=/dev/null",
  "-o",
  "LogLevel=ERROR",
  "-o",
  "PubkeyAuthentication=no",
];

/** The real client, with a pair that the policy accepts. */
export function ssh(product: Product, args: readonly string[], input?: string): Promise<Run> {
  const { user, password } = product.pair("ssh");
  return runProgram(
    "sshpass",
    ["-p", password, "ssh", ...SSH_OPTIONS, "-p", String(product.port("ssh")), `${user}@127.0.0.1`, ...args],
    input === undefined ? {} : { input },
  );
}
