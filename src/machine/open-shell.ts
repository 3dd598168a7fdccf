import type { Log } from "#kernel/log.ts";
import { machinePrograms } from "./commands/programs.ts";
import type { ShellFactory } from "./model.ts";
import { createShellFactory } from "./shell/session.ts";

/** `MachineOptions.openShell`: the shell with every program the machine answers. */
export function createOpenShell(log?: Log): ShellFactory {
  return createShellFactory({ programs: machinePrograms(), ...(log === undefined ? {} : { log }) });
}
