import { spawn } from "node:child_process";
import { once } from "node:events";

export interface ClientResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a real client program to its end, or kills it after `timeoutMs`. */
export async function runClient(
  command: string,
  args: readonly string[],
  given: { readonly input?: Uint8Array | string; readonly timeoutMs?: number } = {},
): Promise<ClientResult> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(given.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), given.timeoutMs ?? 30_000);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  return { code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() };
}

/** OpenSSH's options for a host that is new each time. */
export const freshHost = [
  "-o",
  "StrictHostKeyChecking=no",
  "-o",
  "UserKnownHostsFile=/dev/null",
  "-o",
  "LogLevel=ERROR",
  "-o",
  "ConnectTimeout=10",
  "-o",
  "NumberOfPasswordPrompts=1",
] as const;
