import type { ReadContext } from "../files/base-node.ts";
import type { SocketFacts } from "../model.ts";

const states: Readonly<Record<SocketFacts["state"], string>> = {
  ESTABLISHED: "01",
  SYN_SENT: "02",
  TIME_WAIT: "06",
  UNCONN: "07",
  CLOSE_WAIT: "08",
  LISTEN: "0A",
};

const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, "0");

/** The kernel prints addresses as machine words: on x86 and ARM the bytes come reversed. */
function address4(text: string): string {
  const mapped = text.startsWith("::ffff:") ? text.slice(7) : text;
  return mapped
    .split(".")
    .map((part) => hex(Number(part), 2))
    .toReversed()
    .join("");
}

function address6(text: string): string {
  if (text.includes(".")) return `0000000000000000FFFF0000${address4(text)}`;
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const bytes = [...left, ...middle, ...right].map((group) => group.padStart(4, "0")).join("");
  return (bytes.match(/.{8}/g) ?? [])
    .map((word) => (word.match(/../g) ?? []).toReversed().join("").toUpperCase())
    .join("");
}

function socketTable(context: ReadContext, proto: SocketFacts["proto"]): string {
  const six = proto.endsWith("6");
  const form = six ? address6 : address4;
  const udp = proto.startsWith("udp");
  const wide = six ? "                         " : "";
  const head = udp
    ? `   sl  local_address ${wide}rem_address  ${wide} st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n`
    : `  sl  local_address ${wide}rem_address  ${wide} st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n`;
  const rows = context.view.network
    .sockets()
    .filter((socket) => socket.proto === proto)
    .map((socket, index) => {
      const queues = `${hex(socket.state === "LISTEN" ? 0 : socket.sendQueue, 8)}:${hex(socket.receiveQueue, 8)}`;
      const ends = `${form(socket.local.address)}:${hex(socket.local.port, 4)} ${form(socket.remote.address)}:${hex(socket.remote.port, 4)}`;
      const timer = socket.state === "ESTABLISHED" ? "02:000A7D8C" : "00:00000000";
      const rest = `${timer} 00000000 ${String(socket.uid).padStart(5)}        0 ${String(socket.inode)}`;
      const tail = udp
        ? " 2 0000000000000000 0"
        : socket.state === "LISTEN"
          ? " 1 0000000000000000 100 0 0 10 0"
          : " 2 0000000000000000 20 4 30 10 -1";
      return `${String(index).padStart(udp ? 5 : 4)}: ${ends} ${states[socket.state]} ${queues} ${rest}${tail}`;
    });
  return head + rows.map((row) => `${udp ? row : row.padEnd(149)}\n`).join("");
}

export const netFiles: Readonly<Record<string, (context: ReadContext) => string>> = {
  tcp: (context) => socketTable(context, "tcp"),
  tcp6: (context) => socketTable(context, "tcp6"),
  udp: (context) => socketTable(context, "udp"),
  udp6: (context) => socketTable(context, "udp6"),
  raw: () =>
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n",
  arp: ({ view }) =>
    `IP address       HW type     Flags       HW address            Mask     Device\n${view.network
      .neighbours()
      .map(
        (one) =>
          `${one.address.padEnd(16)} 0x1         0x2         ${one.mac}     *        ${one.interface}\n`,
      )
      .join("")}`,
  dev: ({ view }) =>
    `Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n${view.network
      .interfaces()
      .map(({ name, counters: c }) => {
        const receive = `${String(c.rxBytes).padStart(8)} ${String(c.rxPackets).padStart(7)}    0 ${String(c.rxDropped).padStart(4)}    0     0          0         0`;
        return `${name.padStart(6)}: ${receive} ${String(c.txBytes).padStart(8)} ${String(c.txPackets).padStart(7)}    0    0    0     0       0          0\n`;
      })
      .join("")}`,
  route: ({ view }) =>
    `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n${view.network
      .routes()
      .map((route) => {
        const mask = route.prefix === 0 ? 0 : (0xffffffff << (32 - route.prefix)) >>> 0;
        const maskText = [24, 16, 8, 0].map((shift) => String((mask >>> shift) & 255)).join(".");
        const flags = route.gateway === undefined ? "0001" : "0003";
        return `${`${route.interface}\t${address4(route.destination)}\t${address4(route.gateway ?? "0.0.0.0")}\t${flags}\t0\t0\t${String(route.metric)}\t${address4(maskText)}\t0\t0\t0`.padEnd(127)}\n`;
      })
      .join("")}`,
  if_inet6: ({ view }) =>
    view.network
      .interfaces()
      .flatMap((one) =>
        one.addresses
          .filter((address) => address.family === 6)
          .map((address) => {
            const words = address6(address.address).match(/.{8}/g) ?? [];
            const plain = words
              .map((word) => (word.match(/../g) ?? []).toReversed().join(""))
              .join("")
              .toLowerCase();
            return `${plain} ${hex(one.index, 2)} ${hex(address.prefix, 2)} ${one.loopback ? "10" : "20"} 80 ${one.name.padStart(8)}\n`;
          }),
      )
      .join(""),
  unix: ({ view }) =>
    `Num       RefCount Protocol Flags    Type St Inode Path\n${view.network
      .unixSockets()
      .map((one) => {
        const type = one.type === "STREAM" ? "0001" : one.type === "DGRAM" ? "0002" : "0005";
        const flags = one.state === "LISTENING" ? "00010000" : "00000000";
        return `0000000000000000: ${one.state === "CONNECTED" ? "00000003" : "00000002"} 00000000 ${flags} ${type} ${one.state === "CONNECTED" ? "03" : "01"} ${String(one.inode).padStart(5)} ${one.path}\n`;
      })
      .join("")}`,
  fib_trie: ({ view }) =>
    `Main:\n${view.network
      .routes()
      .map((route) => `  +-- ${route.destination}/${String(route.prefix)} 3 0 5\n`)
      .join("")}`,
  netlink: () => "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n",
  sockstat: ({ view }) => {
    const all = view.network.sockets();
    const used = all.length + view.network.unixSockets().length;
    const count = (proto: string): number => all.filter((socket) => socket.proto === proto).length;
    return `sockets: used ${String(used)}\nTCP: inuse ${String(count("tcp"))} orphan 0 tw 0 alloc ${String(count("tcp") + count("tcp6"))} mem 2\nUDP: inuse ${String(count("udp"))} mem 1\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n`;
  },
};
