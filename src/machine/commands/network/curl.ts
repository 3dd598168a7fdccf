import type { ProgramContext } from "../command.ts";
import { attemptDownload, parseUrl, type Target } from "./download.ts";

interface CurlCall {
  readonly urls: readonly string[];
  readonly silent: boolean;
  /** Not even errors are said. */
  readonly mute: boolean;
  /** A name, or empty for the name in the address (`-O`). */
  readonly out: string | undefined;
  readonly agent: string;
  readonly limitMs: number;
  readonly bad: string | undefined;
}

const longNames: Readonly<Record<string, string>> = {
  output: "o",
  "user-agent": "A",
  "connect-timeout": "limit",
  "max-time": "m",
  data: "d",
  header: "H",
  request: "X",
  user: "u",
  form: "F",
  "upload-file": "T",
  silent: "s",
  "show-error": "S",
  "remote-name": "O",
};
const takesValue = new Set([..."oAmHdXuFTxebcDEKQrtwyYzC".split(""), "limit"]);

function curlCall(args: readonly string[]): CurlCall {
  const found = new Map<string, string>();
  const urls: string[] = [];
  let bad: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const next = () => args[++at] ?? "";
    const long = arg.startsWith("--") ? (longNames[arg.slice(2)] ?? "unknown") : undefined;
    if (arg === "--zzz" || arg === "--foo") bad = arg;
    else if (long !== undefined) found.set(long, takesValue.has(long) ? next() : "");
    else if (/^-./.test(arg)) letters(arg, next, found);
    else urls.push(arg);
  }
  const limit = Number(found.get("m") ?? found.get("limit"));
  return {
    urls,
    bad,
    silent: found.has("s"),
    mute: found.has("s") && !found.has("S"),
    out: found.get("o") ?? found.get("O"),
    agent: found.get("A") ?? "curl/7.88.1",
    limitMs: limit * 1000 || Number.POSITIVE_INFINITY,
  };
}

function letters(arg: string, next: () => string, found: Map<string, string>): void {
  for (let at = 1; at < arg.length; at++) {
    const key = arg[at] ?? "";
    const valued = takesValue.has(key);
    found.set(key, valued ? arg.slice(at + 1) || next() : "");
    if (valued) return;
  }
}

const hint = "curl: try 'curl --help' or 'curl --manual' for more information";

export async function curl(context: ProgramContext): Promise<number> {
  const call = curlCall(context.args);
  if (call.bad !== undefined) return context.fail(`curl: option ${call.bad}: is unknown\n${hint}`, 2);
  if (call.urls.length === 0) return context.fail(call.silent ? `curl: no URL specified!\n${hint}` : hint, 2);
  let status = 0;
  for (const url of call.urls) status = await fetchOne(context, call, url);
  return status;
}

/** curl's exit status by what happened. */
const statuses = { name: 6, timeout: 28, refused: 7, unreachable: 7 } as const;

async function fetchOne(context: ProgramContext, call: CurlCall, url: string): Promise<number> {
  const target = parseUrl(url);
  const saved = call.out === "" ? (target.path.split("/").at(-1) ?? "") : call.out;
  const outcome = attemptDownload(
    context,
    { ...target, url: /^[a-z]+:\/\//i.test(url) ? url : `http://${url}` },
    { tool: "curl", userAgent: call.agent, ...(saved === undefined ? {} : { out: saved }) },
  );
  const started = performance.now();
  const meter = !call.silent && (saved !== undefined || !context.isTerminal(1));
  if (meter) await context.err(METER_HEAD);
  await progress(context, Math.min(outcome.afterMs, call.limitMs), meter);
  const elapsed = Math.round(performance.now() - started);
  const status = statuses[outcome.error];
  const problem =
    status !== 6 && outcome.afterMs > call.limitMs
      ? `(28) Connection timed out after ${elapsed} milliseconds`
      : problemText(target, status, elapsed);
  if (!call.mute) await context.err(`curl: ${problem}\n`);
  return status;
}

function problemText({ host, port }: Target, status: number, elapsed: number): string {
  if (status === 6) return `(6) Could not resolve host: ${host}`;
  // A refusal comes back at once, whatever this machine's load makes of it.
  const after = status === 7 ? 0 : elapsed;
  return `(${status}) Failed to connect to ${host} port ${port} after ${after} ms: Couldn't connect to server`;
}

const METER_HEAD =
  "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n";

const METER = "\r  0     0    0     0    0     0      0      0 --:--:-- ";

async function progress(context: ProgramContext, milliseconds: number, meter: boolean): Promise<void> {
  if (!meter) {
    await context.sleep(milliseconds);
    return;
  }
  await context.err(`${METER}--:--:-- --:--:--     0`);
  for (let second = 1; second * 1000 <= milliseconds; second++) {
    await context.sleep(1000);
    const minutes = Math.floor(second / 60);
    await context.err(
      `${METER} 0:${String(minutes).padStart(2, "0")}:${String(second % 60).padStart(2, "0")} --:--:--     0`,
    );
  }
  await context.sleep(milliseconds % 1000);
  await context.err(milliseconds < 1000 ? `${METER}--:--:-- --:--:--     0\n` : "\n");
}
