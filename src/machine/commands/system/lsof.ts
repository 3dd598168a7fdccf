import type { ProcessFacts, SocketFacts } from "../../model.ts";
import type { ProgramContext } from "../command.ts";
import { type Options, parseOptions } from "../options.ts";

interface OpenRow {
  readonly process: ProcessFacts;
  readonly fd: string;
  readonly type: string;
  readonly device: string;
  readonly size: string;
  readonly node: string;
  readonly name: string;
}

const BLOCK_DEVICE = "254,1";

export async function lsof(context: ProgramContext): Promise<number> {
  // `-i` may carry its address in the same word or none at all.
  const parsed = parseOptions(context.args, { short: "abc:d:D:e:fg:hi::k:KlLMnNo:OPp:r:RsS:tT:u:UvVwxX" });
  if ("error" in parsed) {
    context.unknown();
    return context.fail(
      `${context.argv0}: ${parsed.error.replace(/.*'(.)'$/, "illegal option character: $1")}`,
    );
  }
  const set = withAddress(parsed.ok);
  const names = set.parsed.has("P") ? new Map<string, string>() : serviceNames(context);
  const rows = context.world.processes
    .list()
    .filter((process) => context.uid === 0 || process.uid === context.uid)
    .filter((process) => isChosen(context, process, set.parsed))
    .flatMap((process) => rowsOf(context, process, set, names));
  const shown = rows.filter((row) => set.paths.length === 0 || set.paths.includes(row.name));
  if (shown.length === 0) return 1;
  await context.out(set.parsed.has("t") ? pidsText(shown) : tableText(context, shown));
  return 0;
}

interface Call {
  readonly parsed: Options;
  readonly address: string | undefined;
  readonly paths: readonly string[];
}

/** `-i :22` is what most people type, though the address belongs to the option. */
function withAddress(parsed: Options): Call {
  const [first = "", ...others] = parsed.rest;
  const given = parsed.value("i");
  const separate = given === "" && /^(?:[46]?(?:tcp|udp)?)?(?:@[^:]+)?(?::[\w,-]+)?$/i.test(first);
  return {
    parsed,
    address: separate ? first : given,
    paths: separate ? others : parsed.rest,
  };
}

function isChosen(context: ProgramContext, process: ProcessFacts, set: Options): boolean {
  const pids = set.value("p")?.split(",");
  const users = set.value("u")?.split(",");
  const command = set.value("c");
  const user = context.world.users.byUid(process.uid)?.name ?? "";
  return (
    (pids === undefined || pids.includes(String(process.pid))) &&
    (users === undefined || users.includes(user) || users.includes(String(process.uid))) &&
    (command === undefined || process.comm.startsWith(command))
  );
}

function rowsOf(
  context: ProgramContext,
  process: ProcessFacts,
  { parsed, address }: Call,
  names: ReadonlyMap<string, string>,
): OpenRow[] {
  const sockets = context.world.network
    .sockets()
    .filter((socket) => socket.pid === process.pid && isAt(socket, address ?? ""))
    .map((socket) => socketRow(process, socket, names));
  if (parsed.has("i")) return sockets;
  const files: [fd: string, path: string | undefined][] = [
    ["cwd", process.cwd],
    ["rtd", "/"],
    ["txt", process.exe],
  ];
  return [
    ...files.flatMap(([fd, path]) => (path === undefined ? [] : [fileRow(context, process, fd, path)])),
    ...sockets,
  ];
}

/** `[46][tcp|udp][@host][:port]` */
function isAt(socket: SocketFacts, address: string): boolean {
  const [, family = "", protocol = "", host, port] =
    /^([46]?)(tcp|udp)?(?:@([^:]+))?(?::([\d,-]+))?$/i.exec(address) ?? [];
  const version = socket.proto.endsWith("6") ? "6" : "4";
  const ends = [socket.local, socket.remote];
  return (
    (family === "" || family === version) &&
    socket.proto.startsWith(protocol.toLowerCase()) &&
    (host === undefined || ends.some((end) => end.address === host)) &&
    (port === undefined || ends.some((end) => port.split(",").includes(String(end.port))))
  );
}

function fileRow(context: ProgramContext, process: ProcessFacts, fd: string, path: string): OpenRow {
  const facts = context.stat(path);
  return {
    process,
    fd,
    type: facts?.kind === "directory" ? "DIR" : "REG",
    device: BLOCK_DEVICE,
    size: String(facts?.size ?? 0),
    node: String(facts?.inode ?? 0),
    name: path,
  };
}

/** Names of `/etc/services` by `22/tcp`. */
function serviceNames(context: ProgramContext): ReadonlyMap<string, string> {
  const read = context.attempt(() => Buffer.from(context.fs.read("/etc/services")).toString("latin1"));
  const lines = (read.value ?? "").matchAll(/^(\S+)\s+(\d+\/\w+)/gm);
  return new Map([...lines].map(([, name = "", port = ""]) => [port, name]));
}

function socketRow(process: ProcessFacts, socket: SocketFacts, names: ReadonlyMap<string, string>): OpenRow {
  const wide = socket.proto.endsWith("6");
  const end = ({ address, port }: SocketFacts["local"]) => {
    const any = address === "0.0.0.0" || address === "::";
    const host = wide ? `[${address}]` : address;
    return `${any ? "*" : host}:${names.get(`${port}/${socket.proto.slice(0, 3)}`) ?? port}`;
  };
  const far = socket.remote.port === 0 ? "" : `->${end(socket.remote)}`;
  const state = socket.state === "UNCONN" ? "" : ` (${socket.state})`;
  return {
    process,
    fd: `${socket.fd}u`,
    type: wide ? "IPv6" : "IPv4",
    device: String(socket.inode),
    size: "0t0",
    node: socket.proto.startsWith("tcp") ? "TCP" : "UDP",
    name: `${end(socket.local)}${far}${state}`,
  };
}

const pidsText = (rows: readonly OpenRow[]) =>
  [...new Set(rows.map((row) => row.process.pid))].map((pid) => `${pid}\n`).join("");

/** Four places, then one for the mode and one for the lock. */
function fdText(fd: string): string {
  const [, number, mode = ""] = /^(\d+)(\w)$/.exec(fd) ?? [undefined, fd];
  return `${(number ?? "").padStart(4)}${mode.padEnd(2)}`;
}

function tableText(context: ProgramContext, rows: readonly OpenRow[]): string {
  const head = ["COMMAND", "PID", "USER", "  FD  ", "TYPE", "DEVICE", "SIZE/OFF", "NODE", "NAME"];
  const cells = rows.map((row) => [
    row.process.comm.slice(0, 9),
    String(row.process.pid),
    context.world.users.byUid(row.process.uid)?.name ?? String(row.process.uid),
    fdText(row.fd),
    row.type,
    row.device,
    row.size,
    row.node,
    row.name,
  ]);
  const all = [head, ...cells];
  const widths = head.map((_title, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const left = new Set([0, 3]);
  return all
    .map((row) => {
      const padded = row.map((cell, at) => {
        if (at === row.length - 1) return cell;
        return left.has(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
      });
      return `${padded.join(" ")}\n`;
    })
    .join("");
}
