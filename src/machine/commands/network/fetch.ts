import type { Program } from "../command.ts";
import { busyboxTransfer, busyboxWget } from "./busybox-fetch.ts";
import { curl } from "./curl.ts";
import { wget } from "./wget.ts";

export const fetchers: readonly Program[] = [
  { names: ["wget"], run: wget },
  { names: ["curl"], run: curl },
];

/** Only as applets of busybox: Debian has no such programs of its own. */
export const busyboxFetchers: readonly Program[] = [
  { names: ["wget"], run: busyboxWget },
  { names: ["tftp", "ftpget", "ftpput"], run: busyboxTransfer },
];
