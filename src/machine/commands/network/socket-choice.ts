import type { SocketFacts } from "../../model.ts";
import type { ProgramContext } from "../command.ts";

export const shownPort = (port: number) => (port === 0 ? "*" : String(port));

export function chosenSockets(context: ProgramContext, flags: ReadonlySet<string>): SocketFacts[] {
  const tcp = flags.has("t");
  const udp = flags.has("u");
  return context.world.network.sockets().filter((socket) => {
    if ((tcp || udp) && !(tcp && socket.proto.startsWith("tcp")) && !(udp && socket.proto.startsWith("udp")))
      return false;
    const listening = socket.state === "LISTEN" || socket.state === "UNCONN";
    return flags.has("a") || (flags.has("l") ? listening : !listening);
  });
}
