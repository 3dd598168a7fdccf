import type { Program } from "../command.ts";
import { apt } from "./apt.ts";
import { dpkg } from "./dpkg.ts";
import { hostnamectl } from "./hostnamectl.ts";
import { journalctl } from "./journalctl.ts";
import { lsof } from "./lsof.ts";
import { lspci } from "./lspci.ts";
import { goDown } from "./power.ts";
import { service } from "./service.ts";
import { systemctl } from "./systemctl.ts";

/** What runs the machine: its units, its packages, its power. */
export const services: readonly Program[] = [
  { names: ["systemctl"], run: systemctl },
  { names: ["service"], run: service },
  { names: ["journalctl"], run: journalctl },
  { names: ["hostnamectl"], run: hostnamectl },
  { names: ["lsof"], run: lsof },
  { names: ["lspci"], run: lspci },
  { names: ["reboot", "shutdown", "poweroff", "halt", "telinit"], run: goDown },
  { names: ["dpkg", "dpkg-query"], run: dpkg },
  { names: ["apt", "apt-get"], run: apt },
];
