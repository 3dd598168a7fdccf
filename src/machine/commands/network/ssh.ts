import type { ProgramContext } from "../command.ts";
import { operandsOf, showUsage } from "./operands.ts";
import { connectOutcome } from "./reach.ts";

export async function ssh(context: ProgramContext): Promise<number> {
  const { operands, value, has } = operandsOf(context.args, "BbcDEeFIiJLlmOopQRSWw");
  if (has("V"))
    return context.fail(
      `${(context.model.release.sshBanner || "SSH-2.0-OpenSSH_9.2p1").replace(/^SSH-2\.0-/, "")}, OpenSSL 3.0.15 3 Sep 2024`,
      0,
    );
  const target = operands[0];
  if (target === undefined) return showUsage(context);
  const at = target.lastIndexOf("@");
  const host = target.slice(at + 1).replace(/^ssh:\/\//, "");
  const user = at >= 0 ? target.slice(0, at) : value("l");
  const port = Number(value("p") ?? 22) || 22;
  context.login.observer.lateralAttempt({ tool: "ssh", host, port, ...(user === undefined ? {} : { user }) });
  const outcome = connectOutcome(context.login, host, port);
  await context.sleep(Math.min(outcome.afterMs, timeoutOption(context.args)));
  if (outcome.error === "name")
    return context.fail(`ssh: Could not resolve hostname ${host}: Temporary failure in name resolution`, 255);
  return context.fail(`ssh: connect to host ${host} port ${port}: ${outcome.text}`, 255);
}

function timeoutOption(args: readonly string[]): number {
  const match = /ConnectTimeout[= ](\d+)/i.exec(args.join(" "));
  return match ? Number(match[1]) * 1000 : Number.POSITIVE_INFINITY;
}
