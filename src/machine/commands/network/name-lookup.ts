import type { ProgramContext } from "../command.ts";
import { operandsOf, showUsage } from "./operands.ts";

export async function nameLookup(context: ProgramContext): Promise<number> {
  const { operands } = operandsOf(context.args, "tpcq");
  const host = operands.at(-1);
  const bad = context.args.find((arg) => arg.startsWith("--"));
  if (bad !== undefined && context.name === "nslookup") {
    await context.out(`*** Invalid option: ${bad.slice(1)}\n\n`);
    return 1;
  }
  if (host === undefined) return context.name === "nslookup" ? 0 : showUsage(context);
  const server =
    operands.length > 1 && context.name === "nslookup"
      ? operands[1]
      : (context.world.network.resolvers()[0] ?? "127.0.0.1");
  await context.sleep(context.world.network.policy === "offline" ? 10 : 15_000);
  const text =
    context.world.network.policy === "offline"
      ? `;; UDP setup with ${server}#53(${server}) for ${host} failed: network unreachable.`
      : `;; communications error to ${server}#53: timed out`;
  if (context.name === "nslookup")
    await context.out(`${text}\n${text}\n${text}\n;; no servers could be reached\n\n\n`);
  else if (context.name === "dig")
    await context.out(
      `${text}\n${text}\n${text}\n\n; <<>> DiG 9.18.28-1~deb12u2-Debian <<>> ${context.args.join(" ")}\n;; global options: +cmd\n;; no servers could be reached\n\n`,
    );
  else await context.out(`${text}\n${text}\n;; no servers could be reached\n\n`);
  return context.name === "dig" ? 9 : 1;
}
