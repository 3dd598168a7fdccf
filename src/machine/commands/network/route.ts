import type { ProgramContext } from "../command.ts";
import { netmask } from "./netmask.ts";

export async function route(context: ProgramContext): Promise<number> {
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

export async function arp(context: ProgramContext): Promise<number> {
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
