import type { Program } from "../command.ts";
import { ifconfig } from "./ifconfig.ts";
import { ip } from "./ip.ts";
import { iptables } from "./iptables.ts";
import { netstat } from "./netstat.ts";
import { arp, route } from "./route.ts";
import { ss } from "./ss.ts";

/** What shows and changes the machine's own network. */
export const addresses: readonly Program[] = [
  { names: ["ip"], run: ip },
  { names: ["ifconfig"], run: ifconfig },
  { names: ["route"], run: route },
  { names: ["arp"], run: arp },
  { names: ["ss"], run: ss },
  { names: ["netstat"], run: netstat },
  { names: ["iptables", "ip6tables", "iptables-nft", "ip6tables-nft", "xtables-nft-multi"], run: iptables },
];
