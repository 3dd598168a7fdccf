import type { ProgramContext } from "../command.ts";
import { operandsOf, showUsage } from "./operands.ts";
import { connectOutcome } from "./reach.ts";
import { scpSink, scpSource } from "./scp-protocol.ts";

export async function scp(context: ProgramContext): Promise<number> {
  const call = operandsOf(context.args, "cDFiJlnoPSXt");
  const sink = call.value("t");
  if (sink !== undefined) return scpSink(context, sink || (call.operands[0] ?? "."));
  if (call.has("f")) return scpSource(context, call.operands);
  const remote = call.operands.find((operand) => /^[^/]+:/.test(operand));
  return call.operands.length < 2 || remote === undefined
    ? showUsage(context)
    : connect(context, remote, Number(call.value("P") ?? 22) || 22);
}

async function connect(context: ProgramContext, remote: string, port: number): Promise<number> {
  const match = /^(?:([^@]+)@)?([^:]+):/.exec(remote);
  const host = match?.[2] ?? "";
  const user = match?.[1];
  context.login.observer.lateralAttempt({ tool: "scp", host, port, ...(user === undefined ? {} : { user }) });
  const outcome = connectOutcome(context.login, host, port);
  await context.sleep(outcome.afterMs);
  const text =
    outcome.error === "name"
      ? `ssh: Could not resolve hostname ${host}: Temporary failure in name resolution`
      : `ssh: connect to host ${host} port ${port}: ${outcome.text}`;
  return context.fail(`${text}\nscp: Connection closed`, 255);
}
