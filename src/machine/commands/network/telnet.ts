import type { ProgramContext } from "../command.ts";
import { operandsOf } from "./operands.ts";
import { connectOutcome } from "./reach.ts";

export async function telnet(context: ProgramContext): Promise<number> {
  const { operands, value } = operandsOf(context.args, "lneSbX");
  const [host, port = "23"] = operands;
  if (host === undefined) {
    await context.out("telnet> ");
    const line = await context.stdin.read();
    await context.out(line === undefined ? "\n" : "");
    return 0;
  }
  const user = value("l");
  context.login.observer.lateralAttempt({
    tool: "telnet",
    host,
    port: Number(port) || 23,
    ...(user === undefined ? {} : { user }),
  });
  const outcome = connectOutcome(context.login, host, Number(port) || 23);
  if (outcome.error === "name") {
    await context.sleep(outcome.afterMs);
    return context.fail(`telnet: could not resolve ${host}/${port}: Temporary failure in name resolution`);
  }
  await context.out(`Trying ${host}...\n`);
  await context.sleep(outcome.afterMs);
  return context.fail(`telnet: Unable to connect to remote host: ${outcome.text}`);
}
