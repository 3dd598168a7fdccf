import type { SocketFacts } from "../../model.ts";
import type { ProgramContext } from "../command.ts";
import { type OptionSpec, type Options, options } from "../options.ts";
import { route } from "./route.ts";
import { chosenSockets, shownPort } from "./socket-choice.ts";

const netstatOptions: OptionSpec = {
  short: "vWeenNcCFrgiMsanlptu46x",
  long: {
    route: "r",
    interfaces: "i",
    listening: "l",
    all: "a",
    numeric: "n",
    programs: "p",
    tcp: "t",
    udp: "u",
  },
};

export async function netstat(context: ProgramContext): Promise<number> {
  const parsed = await options(context, netstatOptions, 3);
  if (typeof parsed === "number") return parsed;
  if (parsed.has("r")) return route(context);
  await context.out(
    `Active Internet connections ${kindOf(parsed)}\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${parsed.has("p") ? " PID/Program name    " : ""}\n`,
  );
  for (const socket of chosenSockets(context, new Set(parsed.set.keys())))
    await context.out(socketText(context, parsed, socket));
  if (!parsed.has("t") && !parsed.has("u")) await showUnix(context, parsed);
  return 0;
}

function kindOf(parsed: Options): string {
  if (parsed.has("l")) return "(only servers)";
  return parsed.has("a") ? "(servers and established)" : "(w/o servers)";
}

function socketText(context: ProgramContext, parsed: Options, socket: SocketFacts): string {
  const known = context.uid === 0 || socket.uid === context.uid;
  const owner = known ? `${socket.pid}/${socket.program}`.slice(0, 19) : "-";
  const local = `${socket.local.address}:${shownPort(socket.local.port)}`;
  const remote = `${socket.remote.address}:${shownPort(socket.remote.port)}`;
  const cells = [
    socket.proto.padEnd(5),
    String(socket.receiveQueue).padStart(6),
    String(socket.sendQueue).padStart(6),
    local.padEnd(23),
    remote.padEnd(23),
    (socket.state === "UNCONN" ? "" : socket.state).padEnd(11),
  ];
  return `${cells.join(" ")}${parsed.has("p") ? ` ${owner.padEnd(20)}` : ""}\n`;
}

async function showUnix(context: ProgramContext, parsed: Options): Promise<void> {
  const programs = parsed.has("p");
  await context.out(
    `Active UNIX domain sockets ${kindOf(parsed)}\nProto RefCnt Flags       Type       State         I-Node   ${programs ? "PID/Program name     " : ""}Path\n`,
  );
  for (const socket of context.world.network.unixSockets()) {
    const listening = socket.state === "LISTENING";
    if (!parsed.has("a") && parsed.has("l") !== listening) continue;
    const owner = programs ? `${`${socket.pid}/${socket.program}`.padEnd(20)} ` : "";
    await context.out(
      `unix  2      ${(listening ? "[ ACC ]" : "[ ]").padEnd(11)} ${socket.type.padEnd(10)} ${socket.state.padEnd(13)} ${String(socket.inode).padEnd(8)} ${owner}${socket.path}\n`,
    );
  }
}
