import type { InterfaceFacts, SocketFacts } from "../../model.ts";
import type { Program, ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";
import { options } from "../options.ts";

function flagsText(each: InterfaceFacts): string {
  return each.loopback
    ? "LOOPBACK,UP,LOWER_UP"
    : each.up
      ? "BROADCAST,MULTICAST,UP,LOWER_UP"
      : "BROADCAST,MULTICAST";
}

function linkText(each: InterfaceFacts): string {
  const queue = each.loopback ? "noqueue" : "fq_codel";
  return `${each.index}: ${each.name}: <${flagsText(each)}> mtu ${each.mtu} qdisc ${queue} state ${each.loopback ? "UNKNOWN" : each.up ? "UP" : "DOWN"} `;
}

function macOf(each: InterfaceFacts): string {
  return each.loopback
    ? "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
    : `    link/ether ${each.mac} brd ff:ff:ff:ff:ff:ff\n`;
}

export function broadcast(address: string, prefix: number): string {
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  const high = ((number & mask) | ~mask) >>> 0;
  return [24, 16, 8, 0].map((shift) => (high >>> shift) & 255).join(".");
}

const netmask = (prefix: number) =>
  [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - from)))).join(".");

async function ip(context: ProgramContext): Promise<number> {
  const args = context.args.filter(
    (arg) => !/^-(4|6|br|brief|c|color|d|details|s|stats|o|oneline|h|human|f|family|inet6?)$/.test(arg),
  );
  const brief = context.args.some((arg) => /^-(br|brief)$/.test(arg));
  const object = args[0];
  if (object === undefined || object === "help") return fallbackProgram("ip").run(context);
  if (object.startsWith("-V")) {
    await context.out("ip utility, iproute2-6.1.0, libbpf 1.1.0\n");
    return 0;
  }
  const names: Readonly<Record<string, () => Promise<number>>> = {
    address: () => ipAddress(context, args, brief),
    link: () => ipLink(context),
    route: () => ipRoute(context),
    neighbour: () => ipNeighbours(context),
    neighbor: () => ipNeighbours(context),
    rule: () => ipRule(context),
  };
  const name = Object.keys(names).find(
    (each) => each.startsWith(object) && (object.length > 1 || /^[alrn]$/.test(object)),
  );
  const run = name === undefined ? undefined : names[name];
  return run === undefined ? context.fail(`Object "${object}" is unknown, try "ip help".`) : run();
}

async function ipAddress(context: ProgramContext, args: readonly string[], brief: boolean): Promise<number> {
  if (/^(add|del|flush|change)/.test(args[1] ?? ""))
    return context.uid === 0 ? 0 : context.fail("RTNETLINK answers: Operation not permitted", 2);
  const wanted = args.slice(1).filter((arg) => !/^(show|list|dev|s|sh|up|scope|global)$/.test(arg))[0];
  const interfaces = context.world.network.interfaces();
  if (wanted !== undefined && !interfaces.some((each) => each.name === wanted))
    return context.fail(`Device "${wanted}" does not exist.`);
  for (const each of interfaces) {
    if (wanted !== undefined && each.name !== wanted) continue;
    if (brief) {
      await context.out(
        `${each.name.padEnd(16)} ${(each.loopback ? "UNKNOWN" : "UP").padEnd(14)} ${each.addresses.map((address) => `${address.address}/${address.prefix}`).join(" ")} \n`,
      );
      continue;
    }
    await context.out(`${linkText(each)}group default qlen ${each.txQueue}\n${macOf(each)}`);
    for (const address of each.addresses) {
      const four = address.family === 4;
      const dynamic =
        !each.loopback && four && context.world.network.routes().some((route) => route.protocol === "dhcp");
      const scope = each.loopback ? "host" : four || !address.address.startsWith("fe80") ? "global" : "link";
      const brd = four && !each.loopback ? `brd ${broadcast(address.address, address.prefix)} ` : "";
      await context.out(
        `    ${four ? "inet" : "inet6"} ${address.address}/${address.prefix} ${brd}scope ${scope} ${dynamic ? "dynamic " : ""}${four ? each.name : each.loopback ? "noprefixroute " : ""}\n       valid_lft ${dynamic ? "61243sec" : "forever"} preferred_lft ${dynamic ? "61243sec" : "forever"}\n`,
      );
    }
  }
  return 0;
}

async function ipLink(context: ProgramContext): Promise<number> {
  for (const each of context.world.network.interfaces())
    await context.out(`${linkText(each)}mode DEFAULT group default qlen ${each.txQueue}\n${macOf(each)}`);
  return 0;
}

async function ipRoute(context: ProgramContext): Promise<number> {
  for (const route of context.world.network.routes()) {
    const to = route.prefix === 0 ? "default" : `${route.destination}/${route.prefix}`;
    const scope = route.gateway === undefined ? " scope link" : "";
    await context.out(
      `${to}${route.gateway === undefined ? "" : ` via ${route.gateway}`} dev ${route.interface}${route.protocol === "" ? "" : ` proto ${route.protocol}`}${scope}${route.source === undefined ? "" : ` src ${route.source}`}${route.metric > 0 ? ` metric ${route.metric}` : ""} \n`,
    );
  }
  return 0;
}

async function ipNeighbours(context: ProgramContext): Promise<number> {
  for (const each of context.world.network.neighbours())
    await context.out(`${each.address} dev ${each.interface} lladdr ${each.mac} ${each.state} \n`);
  return 0;
}

async function ipRule(context: ProgramContext): Promise<number> {
  await context.out(
    "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n",
  );
  return 0;
}

async function ifconfig(context: ProgramContext): Promise<number> {
  const wanted = context.args.find((arg) => !arg.startsWith("-"));
  const interfaces = context.world.network.interfaces();
  if (wanted !== undefined && !interfaces.some((each) => each.name === wanted))
    return context.fail(`${wanted}: error fetching interface information: Device not found`);
  for (const each of interfaces) {
    if (wanted !== undefined && each.name !== wanted) continue;
    const { counters } = each;
    const size = (bytes: number) => {
      const units = ["B", "KiB", "MiB", "GiB", "TiB"];
      let value = bytes;
      let unit = 0;
      while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit += 1;
      }
      return `${value.toFixed(1)} ${units[unit]}`;
    };
    await context.out(
      `${each.name}: flags=${each.loopback ? "73<UP,LOOPBACK,RUNNING>" : "4163<UP,BROADCAST,RUNNING,MULTICAST>"}  mtu ${each.mtu}\n`,
    );
    for (const address of each.addresses) {
      if (address.family === 4)
        await context.out(
          `        inet ${address.address}  netmask ${netmask(address.prefix)}${each.loopback ? "" : `  broadcast ${broadcast(address.address, address.prefix)}`}\n`,
        );
      else
        await context.out(
          `        inet6 ${address.address}  prefixlen ${address.prefix}  scopeid ${each.loopback ? "0x10<host>" : address.address.startsWith("fe80") ? "0x20<link>" : "0x0<global>"}\n`,
        );
    }
    await context.out(
      each.loopback
        ? `        loop  txqueuelen ${each.txQueue}  (Local Loopback)\n`
        : `        ether ${each.mac}  txqueuelen ${each.txQueue}  (Ethernet)\n`,
    );
    await context.out(
      `        RX packets ${counters.rxPackets}  bytes ${counters.rxBytes} (${size(counters.rxBytes)})\n        RX errors 0  dropped ${counters.rxDropped}  overruns 0  frame 0\n        TX packets ${counters.txPackets}  bytes ${counters.txBytes} (${size(counters.txBytes)})\n        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n`,
    );
  }
  return 0;
}

async function route(context: ProgramContext): Promise<number> {
  await context.out(
    "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n",
  );
  const numeric = context.args.some((arg) => /^-\w*n/.test(arg));
  for (const each of context.world.network.routes()) {
    const destination = each.prefix === 0 ? (numeric ? "0.0.0.0" : "default") : each.destination;
    const gateway = each.gateway ?? "0.0.0.0";
    await context.out(
      `${destination.padEnd(15)} ${gateway.padEnd(15)} ${netmask(each.prefix).padEnd(15)} ${(each.gateway === undefined ? "U" : "UG").padEnd(5)} ${String(each.metric).padEnd(6)} 0        0 ${each.interface}\n`,
    );
  }
  return 0;
}

async function arp(context: ProgramContext): Promise<number> {
  const host = context.args.find((arg) => !arg.startsWith("-"));
  const all = context.world.network.neighbours();
  if (context.args.includes("-a"))
    for (const each of all)
      await context.out(`? (${each.address}) at ${each.mac} [ether] on ${each.interface}\n`);
  else {
    if (host !== undefined && !/^[\d.]+$/.test(host))
      return context.fail(`${host}: Host name lookup failure`, 255);
    const rows = all.filter((each) => host === undefined || each.address === host);
    if (rows.length === 0 && host !== undefined) await context.out(`${host} (${host}) -- no entry\n`);
    else
      await context.out("Address                  HWtype  HWaddress           Flags Mask            Iface\n");
    for (const each of rows)
      await context.out(
        `${each.address.padEnd(24)} ether   ${each.mac}   C                     ${each.interface}\n`,
      );
  }
  return 0;
}

const shownPort = (port: number) => (port === 0 ? "*" : String(port));

function chosen(context: ProgramContext, flags: ReadonlySet<string>): SocketFacts[] {
  const tcp = flags.has("t");
  const udp = flags.has("u");
  return context.world.network.sockets().filter((socket) => {
    if ((tcp || udp) && !(tcp && socket.proto.startsWith("tcp")) && !(udp && socket.proto.startsWith("udp")))
      return false;
    const listening = socket.state === "LISTEN" || socket.state === "UNCONN";
    return flags.has("a") || (flags.has("l") ? listening : !listening);
  });
}

async function ss(context: ProgramContext): Promise<number> {
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
  const rows = chosen(context, flags).map((socket) => [
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

async function netstat(context: ProgramContext): Promise<number> {
  const parsed = await options(
    context,
    {
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
    },
    3,
  );
  if (typeof parsed === "number") return parsed;
  if (parsed.has("r")) return route(context);
  const flags = new Set(parsed.set.keys());
  const kind = parsed.has("l")
    ? "(only servers)"
    : parsed.has("a")
      ? "(servers and established)"
      : "(w/o servers)";
  await context.out(
    `Active Internet connections ${kind}\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${parsed.has("p") ? " PID/Program name    " : ""}\n`.replace(
      /State {6}\n/,
      "State      \n",
    ),
  );
  for (const socket of chosen(context, flags)) {
    const state = socket.state === "UNCONN" ? "" : socket.state;
    const program = parsed.has("p")
      ? ` ${context.uid === 0 || socket.uid === context.uid ? `${socket.pid}/${socket.program}`.slice(0, 19).padEnd(20) : "-".padEnd(20)}`
      : "";
    await context.out(
      `${socket.proto.padEnd(5)} ${String(socket.receiveQueue).padStart(6)} ${String(socket.sendQueue).padStart(6)} ${`${socket.local.address}:${shownPort(socket.local.port)}`.padEnd(23)} ${`${socket.remote.address}:${shownPort(socket.remote.port)}`.padEnd(23)} ${state.padEnd(11)}${program}\n`,
    );
  }
  if (!parsed.has("t") && !parsed.has("u")) {
    await context.out(
      `Active UNIX domain sockets ${kind}\nProto RefCnt Flags       Type       State         I-Node   ${parsed.has("p") ? "PID/Program name     " : ""}Path\n`,
    );
    for (const socket of context.world.network.unixSockets()) {
      const listening = socket.state === "LISTENING";
      if (!parsed.has("a") && parsed.has("l") !== listening) continue;
      await context.out(
        `unix  2      ${(listening ? "[ ACC ]" : "[ ]").padEnd(11)} ${socket.type.padEnd(10)} ${socket.state.padEnd(13)} ${String(socket.inode).padEnd(8)} ${parsed.has("p") ? `${`${socket.pid}/${socket.program}`.padEnd(20)} ` : ""}${socket.path}\n`,
      );
    }
  }
  return 0;
}

async function iptables(context: ProgramContext): Promise<number> {
  const name = context.argv0.split("/").at(-1) ?? "iptables";
  const bad = context.args.find((arg) => arg.startsWith("--") && /^--(foo|zzz)/.test(arg));
  if (bad !== undefined)
    return context.fail(
      `${name} v1.8.9 (nf_tables): unknown option "${bad}"\nTry \`${name} -h' or '${name} --help' for more information.`,
      2,
    );
  if (context.args.length === 0)
    return context.fail(
      `${name} v1.8.9 (nf_tables): no command specified\nTry \`${name} -h' or '${name} --help' for more information.`,
      2,
    );
  if (context.uid !== 0)
    return context.fail(
      `${name} v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)`,
      4,
    );
  const key = `firewall:${name}`;
  const stored = context.world.state.get(key);
  const rules = Array.isArray(stored)
    ? stored.filter((rule): rule is string => typeof rule === "string")
    : [];
  if (context.args.some((arg) => /^-(L|S|nL|-list)/.test(arg) || /^-\w*L/.test(arg))) {
    for (const chain of ["INPUT", "FORWARD", "OUTPUT"]) {
      await context.out(
        `${chain === "INPUT" ? "" : "\n"}Chain ${chain} (policy ACCEPT)\ntarget     prot opt source               destination         \n`,
      );
      for (const rule of rules.filter((each) => each.startsWith(`${chain} `)))
        await context.out(
          `${(/-j (\w+)/.exec(rule)?.[1] ?? "ACCEPT").padEnd(10)} ${(/-p (\w+)/.exec(rule)?.[1] ?? "all").padEnd(4)} --  ${(/-s (\S+)/.exec(rule)?.[1] ?? "anywhere").padEnd(20)} anywhere            ${/--dport (\d+)/.test(rule) ? ` tcp dpt:${/--dport (\d+)/.exec(rule)?.[1] ?? ""}` : ""}\n`,
        );
    }
    return 0;
  }
  const add = context.args.findIndex((arg) => /^-[AI]$/.test(arg));
  const next =
    context.args.includes("-F") || context.args.includes("--flush")
      ? []
      : add < 0
        ? rules
        : [...rules, context.args.slice(add + 1).join(" ")].slice(-200);
  context.world.state.set(key, next);
  context.login.observer.machineChange({
    kind: "firewall",
    path: name,
    detail: context.args.join(" ").slice(0, 2048),
  });
  return 0;
}

export const addresses: readonly Program[] = [
  { names: ["ip"], run: ip },
  { names: ["ifconfig"], run: ifconfig },
  { names: ["route"], run: route },
  { names: ["arp"], run: arp },
  { names: ["ss"], run: ss },
  { names: ["netstat"], run: netstat },
  { names: ["iptables", "ip6tables", "iptables-nft", "ip6tables-nft", "xtables-nft-multi"], run: iptables },
];
