import { singleQuote } from "../quote.ts";
import type { ShellProcess } from "../shell-process.ts";

export async function alias(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const show = (name: string) =>
    `${sh.state.dialect === "bash" ? "alias " : ""}${name}=${singleQuote(sh.state.aliases.get(name) ?? "")}\n`;
  const names = args.filter((arg) => arg !== "-p");
  if (names.length === 0) {
    for (const name of [...sh.state.aliases.keys()].sort()) await sh.out(show(name));
    return 0;
  }
  let status = 0;
  for (const arg of names) {
    const at = arg.indexOf("=", 1);
    if (at > 0) sh.state.aliases.set(arg.slice(0, at), arg.slice(at + 1));
    else if (sh.state.aliases.has(arg)) await sh.out(show(arg));
    else {
      await sh.complain(`alias: ${arg}${sh.state.dialect === "bash" ? ": not found" : " not found"}`);
      status = 1;
    }
  }
  return status;
}

export async function unalias(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args[0] === "-a") {
    sh.state.aliases.clear();
    return 0;
  }
  let status = 0;
  for (const arg of args) {
    if (sh.state.aliases.delete(arg)) continue;
    await sh.complain(`unalias: ${arg}: not found`);
    status = 1;
  }
  return status;
}
