import type { ProgramContext } from "../command.ts";
import { type Operands, operandsOf, showUsage } from "./operands.ts";
import { connectOutcome } from "./reach.ts";

export async function nc(context: ProgramContext): Promise<number> {
  const call = operandsOf(context.args, "eIiMmOPpqsTVWwXxc");
  if (call.has("l")) return listen(context, Number(call.value("p") ?? call.operands.at(-1)));
  const [host, port] = call.operands;
  return host === undefined || port === undefined ? showUsage(context) : connect(context, call, host, port);
}

async function listen(context: ProgramContext, port: number): Promise<number> {
  if (!(port > 0)) return showUsage(context);
  using _socket = context.world.network.hold({
    proto: "tcp",
    state: "LISTEN",
    local: { address: "0.0.0.0", port },
    remote: { address: "0.0.0.0", port: 0 },
    pid: context.process.pid,
  });
  for (;;) await context.sleep(60_000);
}

async function connect(
  context: ProgramContext,
  { value, has }: Operands,
  host: string,
  portText: string,
): Promise<number> {
  const port = Number(portText) || 0;
  context.login.observer.lateralAttempt({ tool: "nc", host, port });
  const outcome = connectOutcome(context.login, host, port);
  const limit = value("w") === undefined ? Number.POSITIVE_INFINITY : Number(value("w")) * 1000;
  await context.sleep(Math.min(outcome.afterMs, limit));
  if (outcome.error === "name")
    return context.fail(
      `nc: getaddrinfo for host "${host}" port ${portText}: Temporary failure in name resolution`,
    );
  if (!has("v")) return 1;
  const reason = outcome.afterMs > limit ? "Operation now in progress" : outcome.text;
  return context.fail(`nc: connect to ${host} port ${port} (${has("u") ? "udp" : "tcp"}) failed: ${reason}`);
}
