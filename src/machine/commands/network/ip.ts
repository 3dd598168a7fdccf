import type { InterfaceFacts } from "../../model.ts";
import type { ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";
import { broadcast } from "./netmask.ts";

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

export async function ip(context: ProgramContext): Promise<number> {
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
  const wanted = args.slice(1).find((arg) => !/^(show|list|dev|s|sh|up|scope|global)$/.test(arg));
  const interfaces = context.world.network.interfaces();
  const shown = interfaces.filter((each) => wanted === undefined || each.name === wanted);
  if (wanted !== undefined && shown.length === 0) return context.fail(`Device "${wanted}" does not exist.`);
  const leased = context.world.network.routes().some((route) => route.protocol === "dhcp");
  for (const each of shown) await context.out(brief ? briefText(each) : fullText(each, leased));
  return 0;
}

function briefText(each: InterfaceFacts): string {
  const state = each.loopback ? "UNKNOWN" : "UP";
  const all = each.addresses.map((address) => `${address.address}/${address.prefix}`).join(" ");
  return `${each.name.padEnd(16)} ${state.padEnd(14)} ${all} \n`;
}

function fullText(each: InterfaceFacts, leased: boolean): string {
  const link = `${linkText(each)}group default qlen ${each.txQueue}\n${macOf(each)}`;
  const lines = each.addresses.map((address) =>
    address.family === 4 ? inetText(each, address, leased) : inet6Text(each, address),
  );
  return link + lines.join("");
}

const lifetime = (time: string) => `       valid_lft ${time} preferred_lft ${time}\n`;

type Address = InterfaceFacts["addresses"][number];

function inetText(each: InterfaceFacts, { address, prefix }: Address, leased: boolean): string {
  if (each.loopback) return `    inet ${address}/${prefix} scope host ${each.name}\n${lifetime("forever")}`;
  const head = `    inet ${address}/${prefix} brd ${broadcast(address, prefix)} scope global `;
  return leased
    ? `${head}dynamic ${each.name}\n${lifetime("61243sec")}`
    : `${head}${each.name}\n${lifetime("forever")}`;
}

function inet6Text(each: InterfaceFacts, { address, prefix }: Address): string {
  const wide = address.startsWith("fe80") ? "link" : "global";
  const scope = each.loopback ? "host noprefixroute" : wide;
  return `    inet6 ${address}/${prefix} scope ${scope} \n${lifetime("forever")}`;
}

async function ipLink(context: ProgramContext): Promise<number> {
  for (const each of context.world.network.interfaces())
    await context.out(`${linkText(each)}mode DEFAULT group default qlen ${each.txQueue}\n${macOf(each)}`);
  return 0;
}

async function ipRoute(context: ProgramContext): Promise<number> {
  for (const route of context.world.network.routes()) {
    const parts = [
      route.prefix === 0 ? "default" : `${route.destination}/${route.prefix}`,
      route.gateway === undefined ? "" : `via ${route.gateway}`,
      `dev ${route.interface}`,
      route.protocol === "" ? "" : `proto ${route.protocol}`,
      route.gateway === undefined ? "scope link" : "",
      route.source === undefined ? "" : `src ${route.source}`,
      route.metric > 0 ? `metric ${route.metric}` : "",
    ];
    await context.out(`${parts.filter((part) => part !== "").join(" ")} \n`);
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
