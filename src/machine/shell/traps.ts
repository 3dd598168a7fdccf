import { ExitJump } from "./control.ts";
import type { ShellProcess } from "./shell-process.ts";
import { signalName } from "./signals.ts";

/** Runs the actions of signals that have arrived since the last command. */
export async function runPendingTraps(sh: ShellProcess): Promise<void> {
  const waiting = sh.pendingTraps;
  sh.pendingTraps = [];
  for (const signal of waiting) {
    const action = sh.state.traps.get(signalName(signal));
    if (action === undefined || action === "") continue;
    const { status } = sh.state;
    await sh.evaluator.text(sh, action);
    sh.state.status = status;
  }
}

/** The EXIT trap; `exit` in it may change the status. */
export async function runExitTrap(sh: ShellProcess, status: number): Promise<number> {
  const action = sh.state.traps.get("EXIT");
  sh.state.traps.delete("EXIT");
  if (action === undefined || action === "") return status;
  sh.state.status = status;
  try {
    await sh.evaluator.text(sh, action);
  } catch (error) {
    if (error instanceof ExitJump) return error.status;
    throw error;
  }
  return status;
}
