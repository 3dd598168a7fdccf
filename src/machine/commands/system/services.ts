import type { Program } from "../command.ts";
import { apt } from "./apt.ts";
import { dpkg } from "./dpkg.ts";
import { hostnamectl } from "./hostnamectl.ts";
import { journalctl } from "./journalctl.ts";
import { goDown } from "./power.ts";
import { service } from "./service.ts";
import { systemctl } from "./systemctl.ts";

/** What runs the machine: its units, its packages, its power. */
export const services: readonly Program[] = [
  { names: ["systemctl"], run: systemctl },
  { names: ["service"], run: service },
  { names: ["journalctl"], run: journalctl },
  { names: ["hostnamectl"], run: hostnamectl },
  { names: ["reboot", "shutdown", "poweroff", "halt", "telinit"], run: goDown },
  { names: ["dpkg", "dpkg-query"], run: dpkg },
  { names: ["apt", "apt-get"], run: apt },
];
