import { existsSync, mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { isFree } from "#fleet/local/ports.ts";

export interface Finding {
  readonly subject: string;
  readonly verdict: "ok" | "note" | "problem";
  readonly detail: string;
  /** What to do; only for problems and notes. */
  readonly fix?: string;
}

export interface DoctorWish {
  readonly dataDir: string;
  readonly api: { readonly host: string; readonly port: number };
  readonly dockerHost: string;
}

const NODE_MINIMUM = [24, 12] as const;
const DISK_MINIMUM_MIB = 1_024;
const CLOCK_TOLERANCE_S = 5;

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const enough = major > NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor >= NODE_MINIMUM[1]);
  return enough
    ? { subject: "Node", verdict: "ok", detail: version }
    : {
        subject: "Node",
        verdict: "problem",
        detail: `${version} is too old`,
        fix: `install Node ${NODE_MINIMUM.join(".")} or later, or start with \`npm start\`, which brings its own`,
      };
}

function checkDataDir(dataDir: string): Finding {
  try {
    mkdirSync(join(dataDir, "run"), { recursive: true, mode: 0o700 });
    writeFileSync(join(dataDir, "run", ".writable"), "");
    return { subject: "data folder", verdict: "ok", detail: dataDir };
  } catch (error) {
    return {
      subject: "data folder",
      verdict: "problem",
      detail: `${dataDir}: ${(error as NodeJS.ErrnoException).code ?? "not writable"}`,
      fix: "set DECNET_DATA_DIR to a folder of yours",
    };
  }
}

function checkDisk(dataDir: string): Finding {
  if (!existsSync(dataDir))
    return { subject: "disk", verdict: "note", detail: "not checked without the data folder" };
  const { bavail, bsize } = statfsSync(dataDir);
  const free = Math.floor((bavail * bsize) / 1_048_576);
  return free >= DISK_MINIMUM_MIB
    ? { subject: "disk", verdict: "ok", detail: `${free} MiB free` }
    : {
        subject: "disk",
        verdict: "problem",
        detail: `${free} MiB free`,
        fix: `free ${DISK_MINIMUM_MIB} MiB or move DECNET_DATA_DIR`,
      };
}

async function checkPort({ host, port }: DoctorWish["api"]): Promise<Finding> {
  return (await isFree(host, port))
    ? { subject: "dashboard port", verdict: "ok", detail: `${host}:${port} is free` }
    : {
        subject: "dashboard port",
        verdict: "note",
        detail: `${host}:${port} is in use`,
        fix: "if that is not a running decnet, set DECNET_API_PORT to another port",
      };
}

/** Asks the engine whether it is there, and what time it thinks it is. */
async function checkDocker(dockerHost: string): Promise<readonly Finding[]> {
  const socketPath = dockerHost.replace(/^unix:\/\//, "");
  const absent: Finding = {
    subject: "Docker",
    verdict: "note",
    detail: dockerHost === "" ? "switched off" : `no engine at ${dockerHost}`,
    fix: "not needed for the local fleet; for containers start Docker or set DECNET_DOCKER_HOST",
  };
  if (dockerHost === "" || !existsSync(socketPath)) return [absent];
  const answer = await new Promise<{ date: string | undefined } | undefined>((resolve) => {
    const ping = request({ socketPath, path: "/_ping", timeout: 2_000 }, (response) => {
      response.resume().on("end", () => resolve({ date: response.headers.date }));
    });
    ping.on("error", () => resolve(undefined)).on("timeout", () => ping.destroy());
    ping.end();
  });
  if (answer === undefined) return [absent];
  const docker: Finding = { subject: "Docker", verdict: "ok", detail: `answers at ${dockerHost}` };
  if (answer.date === undefined) return [docker];
  const off = Math.abs(Date.now() - Date.parse(answer.date)) / 1000;
  return [
    docker,
    off <= CLOCK_TOLERANCE_S
      ? { subject: "clock", verdict: "ok", detail: "host and engine agree" }
      : {
          subject: "clock",
          verdict: "problem",
          detail: `host and engine differ by ${Math.round(off)} s`,
          fix: "synchronise the clocks",
        },
  ];
}

function checkClock(): Finding {
  const year = new Date().getUTCFullYear();
  return year >= 2026 && year < 2100
    ? { subject: "clock", verdict: "ok", detail: new Date().toISOString() }
    : {
        subject: "clock",
        verdict: "problem",
        detail: `the year is ${year}`,
        fix: "set the clock of this machine",
      };
}

/** Looks at everything `decnet up` needs and says what to do about what is missing. */
export async function examine(wish: DoctorWish): Promise<readonly Finding[]> {
  const docker = await checkDocker(wish.dockerHost);
  return [
    checkNode(process.version),
    checkDataDir(wish.dataDir),
    checkDisk(wish.dataDir),
    await checkPort(wish.api),
    ...docker,
    ...(docker.some(({ subject }) => subject === "clock") ? [] : [checkClock()]),
  ];
}
