import type { InterfaceFacts } from "../../model.ts";
import type { ProgramContext } from "../command.ts";
import { broadcast, netmask } from "./netmask.ts";

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

function sizeText(bytes: number): string {
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${(bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}

type Address = InterfaceFacts["addresses"][number];

function inetText(each: InterfaceFacts, { address, prefix }: Address): string {
  const far = each.loopback ? "" : `  broadcast ${broadcast(address, prefix)}`;
  return `        inet ${address}  netmask ${netmask(prefix)}${far}\n`;
}

function inet6Text(each: InterfaceFacts, { address, prefix }: Address): string {
  const wide = address.startsWith("fe80") ? "0x20<link>" : "0x0<global>";
  return `        inet6 ${address}  prefixlen ${prefix}  scopeid ${each.loopback ? "0x10<host>" : wide}\n`;
}

function interfaceText(each: InterfaceFacts): string {
  const { counters } = each;
  const flags = each.loopback ? "73<UP,LOOPBACK,RUNNING>" : "4163<UP,BROADCAST,RUNNING,MULTICAST>";
  const lines = each.addresses.map((address) =>
    address.family === 4 ? inetText(each, address) : inet6Text(each, address),
  );
  const link = each.loopback
    ? `        loop  txqueuelen ${each.txQueue}  (Local Loopback)\n`
    : `        ether ${each.mac}  txqueuelen ${each.txQueue}  (Ethernet)\n`;
  return `${each.name}: flags=${flags}  mtu ${each.mtu}
${lines.join("")}${link}        RX packets ${counters.rxPackets}  bytes ${counters.rxBytes} (${sizeText(counters.rxBytes)})
        RX errors 0  dropped ${counters.rxDropped}  overruns 0  frame 0
        TX packets ${counters.txPackets}  bytes ${counters.txBytes} (${sizeText(counters.txBytes)})
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

`;
}

export async function ifconfig(context: ProgramContext): Promise<number> {
  const wanted = context.args.find((arg) => !arg.startsWith("-"));
  const interfaces = context.world.network.interfaces();
  const shown = interfaces.filter((each) => wanted === undefined || each.name === wanted);
  if (wanted !== undefined && shown.length === 0)
    return context.fail(`${wanted}: error fetching interface information: Device not found`);
  for (const each of shown) await context.out(interfaceText(each));
  return 0;
}
