import type { Program, ProgramContext } from "../command.ts";
import { recordedUsage } from "../fallback.ts";
import { localTime, strftime } from "../format.ts";
import { type ConnectOutcome, connectOutcome } from "./reach.ts";

interface Target {
  readonly url: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Host and port as they were written. */
  readonly authority: string;
}

const ports: Readonly<Record<string, number>> = { http: 80, https: 443, ftp: 21, tftp: 69 };

function parseUrl(text: string): Target {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?([^]*)$/i.exec(
    text,
  );
  const scheme = (match?.[1] ?? "http").toLowerCase();
  const host = (match?.[2] ?? "").replace(/^\[|\]$/g, "");
  const authority = `${host}${match?.[3] === undefined ? "" : `:${match[3]}`}`;
  const path = match?.[4] === undefined || match[4] === "" ? "/" : match[4];
  return {
    url: `${scheme}://${text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")}${/^[^/]*$/.test(text.replace(/^[a-z]+:\/\//i, "")) ? "/" : ""}`,
    scheme,
    host,
    port: Number(match?.[3] ?? ports[scheme] ?? 80),
    path,
    authority,
  };
}

function attempt(
  context: ProgramContext,
  target: Target,
  how: { readonly tool: string; readonly userAgent?: string; readonly out?: string },
): ConnectOutcome {
  const outcome = connectOutcome(context.login, target.host, target.port);
  context.login.observer.downloadAttempt({
    url: target.url.slice(0, 4096),
    tool: how.tool,
    ...(how.userAgent === undefined ? {} : { userAgent: how.userAgent }),
    ...(how.out === undefined ? {} : { out: how.out }),
    result: outcome.error === "refused" ? "refused" : "filtered",
    n: context.run.n,
  });
  return outcome;
}

interface WgetCall {
  readonly urls: string[];
  quiet: boolean;
  tries: number;
  timeoutMs: number | undefined;
  out: string | undefined;
  agent: string;
  bad?: string;
}

function wgetCall(args: readonly string[]): WgetCall {
  const call: WgetCall = {
    urls: [],
    quiet: false,
    tries: 20,
    timeoutMs: undefined,
    out: undefined,
    agent: "Wget/1.21.3",
  };
  const valued: Readonly<Record<string, (value: string) => void>> = {
    O: (value) => (call.out = value),
    P: () => {},
    t: (value) => (call.tries = Number(value) || 20),
    T: (value) => (call.timeoutMs = Number(value) * 1000 || undefined),
    U: (value) => (call.agent = value),
  };
  const names: Readonly<Record<string, string>> = {
    "output-document": "O",
    tries: "t",
    timeout: "T",
    "connect-timeout": "T",
    "user-agent": "U",
    "directory-prefix": "P",
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const long = /^--([\w-]+)(?:=([^]*))?$/.exec(arg);
    if (long) {
      const key = names[long[1] ?? ""];
      if (key !== undefined) valued[key]?.(long[2] ?? args[++at] ?? "");
      else if (long[1] === "quiet" || long[1] === "no-verbose") call.quiet = true;
      else if (/^zz|^foo/.test(long[1] ?? "")) call.bad = `unrecognized option '${arg}'`;
    } else if (/^-./.test(arg)) {
      for (let letter = 1; letter < arg.length; letter++) {
        const key = arg[letter] ?? "";
        if (key === "q") call.quiet = true;
        else if ("OPtTUoaQiwlADRIX".includes(key)) {
          const value = arg.slice(letter + 1) || (args[++at] ?? "");
          valued[key]?.(value);
          break;
        } else if (key === "n") break;
      }
    } else call.urls.push(arg);
  }
  return call;
}

async function wget(context: ProgramContext): Promise<number> {
  const call = wgetCall(context.args);
  if (call.bad !== undefined)
    return context.fail(
      `wget: ${call.bad}\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.`,
      2,
    );
  if (call.urls.length === 0)
    return context.fail(
      "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.",
    );
  if (call.out !== undefined && call.out !== "-") {
    const out = call.out;
    const made = context.attempt(() => {
      context.fs.write(context.path(out), new Uint8Array(0));
    });
    if (made.error !== undefined) return context.fail(`${out}: ${made.error}`, 1);
  }
  for (const url of call.urls) await wgetOne(context, parseUrl(url), call);
  return 4;
}

async function wgetOne(context: ProgramContext, target: Target, call: WgetCall): Promise<void> {
  const say = async (text: string) => {
    if (!call.quiet) await context.err(text);
  };
  const outcome = attempt(context, target, {
    tool: "wget",
    userAgent: call.agent,
    ...(call.out === undefined ? {} : { out: call.out }),
  });
  const wait = Math.min(outcome.afterMs, call.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (let turn = 1; turn <= call.tries; turn++) {
    const stamp = strftime("%Y-%m-%d %H:%M:%S", localTime(context.world, context.world.now()));
    await say(`--${stamp}--  ${turn > 1 ? `(try:${String(turn).padStart(2)})  ` : ""}${target.url}\n`);
    if (outcome.error === "name") {
      await say(`Resolving ${target.host} (${target.host})... `);
      await context.sleep(outcome.afterMs);
      await say(
        `failed: Temporary failure in name resolution.\nwget: unable to resolve host address ‘${target.host}’\n`,
      );
      return;
    }
    await say(`Connecting to ${target.host}:${target.port}... `);
    await context.sleep(wait);
    await say(`failed: ${outcome.text}.\n`);
    if (outcome.error !== "timeout") return;
    await say(turn < call.tries ? "Retrying.\n\n" : "Giving up.\n\n");
    if (turn < call.tries) await context.sleep(Math.min(turn, 10) * 1000);
  }
}

async function curl(context: ProgramContext): Promise<number> {
  const urls: string[] = [];
  let silent = false;
  let showErrors = false;
  let out: string | undefined;
  let agent = "curl/7.88.1";
  let limit: number | undefined;
  const names: Readonly<Record<string, string>> = {
    "--output": "o",
    "--user-agent": "A",
    "--connect-timeout": "c",
    "--max-time": "m",
    "--data": "d",
    "--header": "H",
    "--request": "X",
    "--user": "u",
    "--form": "F",
    "--upload-file": "T",
  };
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    const long = names[arg];
    const take = (key: string, value: string) => {
      if (key === "o") out = value;
      else if (key === "A") agent = value;
      else if (key === "c" || key === "m") limit = Number(value) * 1000 || limit;
    };
    if (long !== undefined) take(long, context.args[++at] ?? "");
    else if (arg === "--silent") silent = true;
    else if (arg === "--zzz" || arg === "--foo")
      return context.fail(
        `curl: option ${arg}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information`,
        2,
      );
    else if (arg.startsWith("--")) continue;
    else if (/^-./.test(arg)) {
      for (let letter = 1; letter < arg.length; letter++) {
        const key = arg[letter] ?? "";
        if (key === "s") silent = true;
        else if (key === "S") showErrors = true;
        else if (key === "O") out ??= "";
        else if ("oAmHdXuFTxebcDEKQrtwyYzC".includes(key)) {
          take(key, arg.slice(letter + 1) || (context.args[++at] ?? ""));
          break;
        }
      }
    } else urls.push(arg);
  }
  if (urls.length === 0)
    return context.fail(
      silent
        ? "curl: no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information"
        : "curl: try 'curl --help' or 'curl --manual' for more information",
      2,
    );
  let status = 0;
  for (const url of urls) {
    const target = parseUrl(url);
    const saved = out === "" ? (target.path.split("/").at(-1) ?? "") : out;
    const outcome = attempt(
      context,
      { ...target, url: /^[a-z]+:\/\//i.test(url) ? url : `http://${url}` },
      { tool: "curl", userAgent: agent, ...(saved === undefined ? {} : { out: saved }) },
    );
    const quiet = silent && !showErrors;
    const started = performance.now();
    const meter = !silent && (saved !== undefined || !context.isTerminal(1));
    if (meter)
      await context.err(
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n",
      );
    await progress(context, Math.min(outcome.afterMs, limit ?? Number.POSITIVE_INFINITY), meter);
    const elapsed = Math.round(performance.now() - started);
    const limited = limit !== undefined && outcome.afterMs > limit;
    status = outcome.error === "name" ? 6 : outcome.error === "timeout" ? 28 : 7;
    const text =
      status === 6
        ? `(6) Could not resolve host: ${target.host}`
        : limited
          ? `(28) Connection timed out after ${elapsed} milliseconds`
          : `(${status}) Failed to connect to ${target.host} port ${target.port} after ${status === 7 ? (Math.min(elapsed, 1) - 1 < 0 ? 0 : 0) : elapsed} ms: Couldn't connect to server`;
    if (!quiet) await context.err(`${meter ? "\n" : ""}curl: ${text}\n`.replace(/^\n/, ""));
  }
  return status;
}

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

async function busyboxWget(context: ProgramContext): Promise<number> {
  const call = wgetCall(context.args);
  const url = call.urls[0];
  if (url === undefined)
    return (
      (await recordedUsage(context)) ??
      context.fail(
        "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-Y on/off]\n\t[--no-check-certificate] [-P DIR] [-U AGENT] URL...",
      )
    );
  const target = parseUrl(url);
  const outcome = attempt(context, target, {
    tool: "busybox wget",
    userAgent: "Wget",
    ...(call.out === undefined ? {} : { out: call.out }),
  });
  if (outcome.error === "name") {
    await context.sleep(outcome.afterMs);
    return context.fail(`wget: bad address '${target.host}'`);
  }
  if (!call.quiet) await context.err(`Connecting to ${target.authority} (${target.host}:${target.port})\n`);
  await context.sleep(outcome.afterMs);
  return context.fail(`wget: can't connect to remote host (${target.host}): ${outcome.text}`);
}

/** tftp, ftpget and ftpput of busybox. */
async function busyboxTransfer(context: ProgramContext): Promise<number> {
  const tool = context.name;
  const operands: string[] = [];
  let remote: string | undefined;
  let local: string | undefined;
  let port: number | undefined;
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    if (arg === "-r" || arg === "-c") remote = context.args[++at];
    else if (arg === "-l") local = context.args[++at];
    else if (arg === "-P" && tool !== "tftp") port = Number(context.args[++at]) || undefined;
    else if (/^-[upbv]$/.test(arg) && tool !== "tftp" && arg !== "-v") at += 1;
    else if (!arg.startsWith("-")) operands.push(arg);
  }
  const host = operands[0];
  if (host === undefined) {
    return context.fail(
      tool === "tftp"
        ? "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n\nUsage: tftp [OPTIONS] HOST [PORT]\n\nTransfer a file from/to tftp server\n\n\t-l FILE\tLocal FILE\n\t-r FILE\tRemote FILE\n\t-g\tGet file\n\t-p\tPut file\n\t-b SIZE\tTransfer blocks in bytes"
        : `BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n\nUsage: ${tool} [OPTIONS] HOST ${tool === "ftpget" ? "[LOCAL_FILE] REMOTE_FILE" : "[REMOTE_FILE] LOCAL_FILE"}`,
    );
  }
  const scheme = tool === "tftp" ? "tftp" : "ftp";
  const file = remote ?? (tool === "tftp" ? local : operands.at(-1)) ?? "";
  const target = {
    ...parseUrl(`${scheme}://${host}/${file}`),
    port: port ?? Number(tool === "tftp" ? (operands[1] ?? 69) : 21),
  };
  const outcome = attempt(context, target, { tool, ...(local === undefined ? {} : { out: local }) });
  if (outcome.error === "name") {
    await context.sleep(outcome.afterMs);
    return context.fail(`${tool}: bad address '${host}'`);
  }
  if (tool === "tftp" && outcome.error === "timeout") {
    await context.sleep(12_800);
    return context.fail("tftp: timeout");
  }
  await context.sleep(outcome.afterMs);
  return context.fail(
    tool === "tftp"
      ? `tftp: sendto: ${outcome.text}`.replace("sendto", "write error")
      : `${tool}: can't connect to remote host (${host}): ${outcome.text}`,
  );
}

export const fetchers: readonly Program[] = [
  { names: ["wget"], run: wget },
  { names: ["curl"], run: curl },
];

/** Only as applets of busybox: Debian has no such programs of its own. */
export const busyboxFetchers: readonly Program[] = [
  { names: ["wget"], run: busyboxWget },
  { names: ["tftp", "ftpget", "ftpput"], run: busyboxTransfer },
];
