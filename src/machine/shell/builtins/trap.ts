import { singleQuote } from "../quote.ts";
import type { ShellProcess } from "../shell-process.ts";
import { SIGNAL, signalName, signalNumber, signalTable } from "../signals.ts";

export async function trap(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const rest = args[0] === "--" ? args.slice(1) : args;
  const [first] = rest;
  if (first === "-l") {
    await sh.out(signalTable());
    return 0;
  }
  if (first === undefined || first === "-p") return listTraps(sh, rest.slice(1));
  if (first === "-") return setTraps(sh, rest.slice(1), undefined);
  const onlyNames = rest.length === 1 || (/^\d+$/.test(first) && trapName(first) !== undefined);
  return onlyNames ? setTraps(sh, rest, undefined) : setTraps(sh, rest.slice(1), first);
}

/** All traps, or those of the names. */
async function listTraps(sh: ShellProcess, names: readonly string[]): Promise<number> {
  const prefix = sh.state.dialect === "bash" ? "SIG" : "";
  for (const [name, action] of sh.state.traps) {
    const shown = /^(EXIT|ERR|DEBUG|RETURN)$/.test(name) ? name : `${prefix}${name}`;
    if (names.length === 0 || names.some((each) => trapName(each) === name))
      await sh.out(`trap -- ${singleQuote(action)} ${shown}\n`);
  }
  return 0;
}

/** @param action undefined takes the traps away */
async function setTraps(
  sh: ShellProcess,
  names: readonly string[],
  action: string | undefined,
): Promise<number> {
  const problem = sh.state.dialect === "bash" ? "invalid signal specification" : "bad trap";
  let status = 0;
  for (const each of names) {
    const name = trapName(each);
    if (name === undefined) {
      await sh.complain(`trap: ${each}: ${problem}`);
      status = 1;
    } else setTrap(sh, name, action);
  }
  return status;
}

function trapName(text: string): string | undefined {
  const upper = text.toUpperCase().replace(/^SIG/, "");
  if (/^(EXIT|ERR|DEBUG|RETURN|0)$/.test(upper)) return upper === "0" ? "EXIT" : upper;
  const number = signalNumber(text);
  return number === undefined ? undefined : signalName(number);
}

function setTrap(sh: ShellProcess, name: string, action: string | undefined): void {
  const number = signalNumber(name);
  if (action === undefined) sh.state.traps.delete(name);
  else sh.state.traps.set(name, action);
  if (number === undefined || number === 0) return;
  if (action === undefined) sh.process.dispositions.delete(number);
  else if (action === "") sh.process.dispositions.set(number, "ignore");
  else {
    sh.process.dispositions.set(number, (signal) => {
      if (sh.pendingTraps.length < 64) sh.pendingTraps.push(signal);
    });
  }
  if (sh.state.interactive && action === undefined && number === SIGNAL.TERM)
    sh.process.dispositions.set(number, "ignore");
}
