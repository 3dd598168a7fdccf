import type { ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";
import { chosenSockets, shownPort } from "./socket-choice.ts";

export async function ss(context: ProgramContext): Promise<number> {
  const bad = context.args.find(
    (arg) =>
      arg.startsWith("--") && !/^--(tcp|udp|all|listening|numeric|processes|help|version|summary)/.test(arg),
  );
  if (bad !== undefined) return fallbackProgram("ss").run(context);
  const flags = new Set([
    ...context.args.filter((arg) => /^-\w/.test(arg)).flatMap((arg) => arg.slice(1)),
    ...context.args
      .filter((arg) => /^--(tcp|udp|all|listening|processes)/.test(arg))
      .map((arg) => arg[2] ?? ""),
  ]);
  const rows = chosenSockets(context, flags).map((socket) => [
    socket.proto.slice(0, 3),
    {
      LISTEN: "LISTEN",
      ESTABLISHED: "ESTAB",
      UNCONN: "UNCONN",
      SYN_SENT: "SYN-SENT",
      TIME_WAIT: "TIME-WAIT",
      CLOSE_WAIT: "CLOSE-WAIT",
    }[socket.state],
    String(socket.receiveQueue),
    String(socket.state === "LISTEN" ? 128 : socket.sendQueue),
    `${bracket(socket.local.address)}:${shownPort(socket.local.port)}`,
    `${bracket(socket.remote.address)}:${shownPort(socket.remote.port)}`,
    flags.has("p") && (context.uid === 0 || context.uid === socket.uid)
      ? `users:(("${socket.program}",pid=${socket.pid},fd=${socket.fd}))`
      : "",
  ]);
  const single = flags.has("t") !== flags.has("u");
  const head = ["Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process"];
  const shown = [head, ...rows].map((row) => (single ? row.slice(1) : row));
  const widths = (shown[0] ?? []).map((_cell, column) =>
    Math.max(...shown.map((row) => (row[column] ?? "").length)),
  );
  for (const row of shown)
    await context.out(
      `${row.map((cell, column) => (column === row.length - 1 ? cell : column === row.length - 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(" ")}\n`,
    );
  return 0;
}

const bracket = (address: string) => (address.includes(":") ? `[${address}]` : address);
