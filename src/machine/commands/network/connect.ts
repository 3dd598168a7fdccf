import type { Program } from "../command.ts";
import { git } from "./git.ts";
import { nameLookup } from "./name-lookup.ts";
import { nc } from "./nc.ts";
import { ping } from "./ping.ts";
import { scp } from "./scp.ts";
import { ssh } from "./ssh.ts";
import { telnet } from "./telnet.ts";

/** What speaks to other machines. */
export const connectors: readonly Program[] = [
  { names: ["ping", "ping4", "ping6"], run: ping },
  { names: ["nc", "nc.openbsd", "netcat", "nc.traditional", "ncat"], run: nc },
  { names: ["telnet", "inetutils-telnet", "telnet.netkit"], run: telnet },
  { names: ["ssh", "slogin"], run: ssh },
  { names: ["scp"], run: scp },
  { names: ["git"], run: git },
  { names: ["nslookup", "dig", "host"], run: nameLookup },
];
