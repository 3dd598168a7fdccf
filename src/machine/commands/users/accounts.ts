import type { Program } from "../command.ts";
import { crontab } from "./crontab.ts";
import { chpasswd, passwd } from "./passwd.ts";
import { su } from "./su.ts";
import { sudo } from "./sudo.ts";
import { useradd } from "./useradd.ts";
import { userdel } from "./userdel.ts";
import { chsh, usermod } from "./usermod.ts";

/** What changes accounts, or acts as another one. */
export const accounts: readonly Program[] = [
  { names: ["passwd"], run: passwd },
  { names: ["chpasswd"], run: chpasswd },
  { names: ["useradd", "adduser"], run: useradd },
  { names: ["userdel", "deluser"], run: userdel },
  { names: ["usermod"], run: usermod },
  { names: ["chsh"], run: chsh },
  { names: ["crontab"], run: crontab },
  { names: ["su"], run: su },
  { names: ["sudo"], run: sudo },
];
