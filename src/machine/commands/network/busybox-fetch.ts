import type { ProgramContext } from "../command.ts";
import { recordedUsage } from "../fallback.ts";
import { attemptDownload, parseUrl } from "./download.ts";
import { wgetCall } from "./wget-call.ts";

export async function busyboxWget(context: ProgramContext): Promise<number> {
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
  const outcome = attemptDownload(context, target, {
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

interface Transfer {
  readonly host: string;
  readonly port: number;
  readonly file: string;
  readonly local: string | undefined;
}

const banner = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.";
const usages: Readonly<Record<string, string>> = {
  tftp: "Usage: tftp [OPTIONS] HOST [PORT]\n\nTransfer a file from/to tftp server\n\n\t-l FILE\tLocal FILE\n\t-r FILE\tRemote FILE\n\t-g\tGet file\n\t-p\tPut file\n\t-b SIZE\tTransfer blocks in bytes",
  ftpget: "Usage: ftpget [OPTIONS] HOST [LOCAL_FILE] REMOTE_FILE",
  ftpput: "Usage: ftpput [OPTIONS] HOST [REMOTE_FILE] LOCAL_FILE",
};
/** Letters that take a value: where ftpget has a user, a password and a port, tftp has flags. */
const takesValue: Readonly<Record<string, string>> = { tftp: "rclb", ftpget: "rclPupb", ftpput: "rclPupb" };

function split(tool: string, args: readonly string[]) {
  const operands: string[] = [];
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const key = /^-(.)$/.exec(arg)?.[1] ?? "";
    if (key !== "" && takesValue[tool]?.includes(key)) values.set(key, args[++at] ?? "");
    else if (!arg.startsWith("-")) operands.push(arg);
  }
  return { operands, values };
}

function transferOf(tool: string, args: readonly string[]): Transfer | undefined {
  const { operands, values } = split(tool, args);
  const [host, second] = operands;
  if (host === undefined) return undefined;
  const local = values.get("l");
  const remote = values.get("r") ?? values.get("c");
  return tool === "tftp"
    ? { host, port: Number(second ?? 69), file: remote ?? local ?? "", local }
    : { host, port: Number(values.get("P")) || 21, file: remote ?? operands.at(-1) ?? "", local };
}

/** tftp, ftpget and ftpput of busybox. */
export async function busyboxTransfer(context: ProgramContext): Promise<number> {
  const tool = context.name;
  const transfer = transferOf(tool, context.args);
  if (transfer === undefined) return context.fail(`${banner}\n\n${usages[tool] ?? ""}`);
  const { host, port, file, local } = transfer;
  const target = { ...parseUrl(`${tool === "tftp" ? "tftp" : "ftp"}://${host}/${file}`), port };
  const outcome = attemptDownload(context, target, { tool, ...(local === undefined ? {} : { out: local }) });
  const silent = tool === "tftp" && outcome.error === "timeout";
  await context.sleep(silent ? TFTP_TIMEOUT_MS : outcome.afterMs);
  if (outcome.error === "name") return context.fail(`${tool}: bad address '${host}'`);
  if (silent) return context.fail("tftp: timeout");
  return context.fail(
    tool === "tftp"
      ? `tftp: write error: ${outcome.text}`
      : `${tool}: can't connect to remote host (${host}): ${outcome.text}`,
  );
}

/** Twelve repeats with growing waits. */
const TFTP_TIMEOUT_MS = 12_800;
