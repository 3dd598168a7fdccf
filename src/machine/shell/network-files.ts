import { connectOutcome } from "../commands/network/reach.ts";
import { ShellError } from "./control.ts";
import type { Descriptor } from "./open-file.ts";
import type { ShellProcess } from "./shell-process.ts";

interface NetworkPath {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
}

/** `/dev/tcp/HOST/PORT`: fails as a filtered host's connect fails, after as long. */
export async function openNetwork(sh: ShellProcess, target: NetworkPath): Promise<Descriptor> {
  const { host, port, path } = target;
  const number = Number(port) || 0;
  sh.context.observer.lateralAttempt({ tool: "bash", host, port: number });
  const outcome = connectOutcome(sh.context, host, number);
  await sh.process.sleep(outcome.afterMs);
  if (outcome.error === "name") {
    await sh.complain(`${host}: Temporary failure in name resolution`);
    throw new ShellError(`${path}: Invalid argument`);
  }
  // This message comes from the C library call's place in the shell, which knows no line.
  await sh.err(`${sh.state.arg0}: connect: ${outcome.text}\n`);
  throw new ShellError(`${path}: ${outcome.text}`);
}
