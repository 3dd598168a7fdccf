import { type Program, tableOf } from "./command.ts";
import { fallbackProgram, withUsage } from "./fallback.ts";
import { filesPrograms } from "./files/files-programs.ts";
import { hardwarePrograms } from "./hardware/hardware-programs.ts";
import { identityPrograms } from "./identity/identity-programs.ts";
import { recordedNames } from "./known-names.ts";
import { addresses } from "./network/addresses.ts";
import { connectors } from "./network/connect.ts";
import { busyboxFetchers, fetchers } from "./network/fetch.ts";
import { processesPrograms } from "./processes/processes-programs.ts";
import { busybox } from "./shells/busybox.ts";
import { languages } from "./system/languages.ts";
import { services } from "./system/services.ts";
import { textPrograms } from "./text/text-programs.ts";
import { accounts } from "./users/accounts.ts";

const modelled: readonly Program[] = [
  ...textPrograms,
  ...filesPrograms,
  ...identityPrograms,
  ...hardwarePrograms,
  ...processesPrograms,
  ...fetchers,
  ...connectors,
  ...addresses,
  ...accounts,
  ...services,
  ...languages,
];

/** Every program the machine answers: those with rules, then those with recorded usage only. */
export function machinePrograms(): readonly Program[] {
  const known = tableOf(modelled);
  const rest = recordedNames.filter((name) => !known.names.has(name)).map(fallbackProgram);
  const wrapped = modelled.map(withUsage);
  return [...rest, ...wrapped, busybox(tableOf([...rest, ...modelled]), tableOf(busyboxFetchers))];
}
