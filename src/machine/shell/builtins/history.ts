import { ShellError } from "../control.ts";
import { errnoOf } from "../errors.ts";
import type { ShellProcess } from "../shell-process.ts";
import { decode, encode } from "../text.ts";
import { builtinNames, isBuiltin } from "./names.ts";

export async function history(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const { state } = sh;
  const first = args[0] ?? "";
  if (first === "-c") {
    state.history = [];
    return 0;
  }
  if (first === "-d") {
    const at = Number(args[1]);
    if (!(at >= 1 && at <= state.history.length))
      throw new ShellError(`history: ${args[1] ?? ""}: history position out of range`);
    state.history.splice(at - 1, 1);
    return 0;
  }
  if (/^-[anrw]$/.test(first)) return historyFile(sh, first, args[1]);
  if (first === "-s" || first === "-p") {
    if (first === "-p") await sh.out(`${args.slice(1).join("\n")}\n`);
    else state.history.push(args.slice(1).join(" "));
    return 0;
  }
  if (/^-./.test(first)) {
    await sh.complain(`history: ${first.slice(0, 2)}: invalid option`);
    await sh.err(
      "history: usage: history [-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]\n",
    );
    return 2;
  }
  if (first !== "" && !/^\d+$/.test(first))
    throw new ShellError(`history: ${first}: numeric argument required`);
  const count = first === "" ? state.history.length : Number(first);
  const start = Math.max(0, state.history.length - count);
  const lines = state.history
    .slice(start)
    .map((line, index) => `${String(start + index + 1).padStart(5)}  ${line}\n`);
  await sh.out(lines.join(""));
  return 0;
}

function historyFile(sh: ShellProcess, option: string, given: string | undefined): number {
  const path = given ?? sh.vars.get("HISTFILE");
  if (path === undefined || path === "") return 0;
  try {
    if (option === "-w")
      sh.fs.write(sh.path(path), encode(sh.state.history.map((line) => `${line}\n`).join("")), {
        mode: 0o600,
      });
    else if (option === "-a")
      sh.fs.append(sh.path(path), encode(sh.state.history.map((line) => `${line}\n`).join("")), {
        mode: 0o600,
      });
    else {
      const facts = sh.fs.stat(sh.path(path));
      if (facts.kind === "file")
        sh.state.history.push(
          ...decode(sh.fs.readAt(sh.path(path), 0, 262_144))
            .split("\n")
            .filter((line) => line !== ""),
        );
    }
    return 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return 1;
  }
}

export async function enable(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const off = args.includes("-n");
  const all = args.includes("-a");
  const names = args.filter((arg) => !arg.startsWith("-"));
  if (names.length === 0) {
    for (const name of builtinNames(sh.state.dialect)) {
      const disabled = sh.state.disabled.has(name);
      if (all || disabled === off) await sh.out(`enable ${disabled ? "-n " : ""}${name}\n`);
    }
    return 0;
  }
  let status = 0;
  for (const name of names) {
    if (!isBuiltin(sh.state.dialect, name)) {
      await sh.complain(`enable: ${name}: not a shell builtin`);
      status = 1;
    } else if (off) sh.state.disabled.add(name);
    else sh.state.disabled.delete(name);
  }
  return status;
}

export async function caller(sh: ShellProcess): Promise<number> {
  const name = sh.state.calls[0];
  if (name === undefined) return 1;
  await sh.out(`${sh.state.line} ${sh.state.calls[1] ?? "main"} ${sh.state.arg0}\n`);
  return 0;
}

export async function compgen(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const word = args.filter((arg) => !arg.startsWith("-")).at(-1) ?? "";
  const lists: Readonly<Record<string, () => readonly string[]>> = {
    "-b": () => builtinNames("bash"),
    "-c": () => [
      ...sh.state.aliases.keys(),
      ...sh.state.functions.keys(),
      ...builtinNames("bash"),
      ...pathNames(sh),
    ],
    "-a": () => [...sh.state.aliases.keys()],
    "-v": () => sh.vars.names(),
    "-e": () => [...sh.vars.environment().keys()].sort(),
    "-u": () => sh.context.world.users.accounts().map((account) => account.name),
    "-A": () => [],
  };
  const list = lists[args[0] ?? ""]?.() ?? [];
  const found = list.filter((name) => name.startsWith(args.length > 1 ? word : ""));
  await sh.out(found.map((name) => `${name}\n`).join(""));
  return found.length > 0 ? 0 : 1;
}

function pathNames(sh: ShellProcess): string[] {
  const out: string[] = [];
  for (const folder of (sh.vars.get("PATH") ?? "").split(":")) {
    try {
      out.push(...sh.fs.readdir(folder));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return out;
}

export async function help(sh: ShellProcess): Promise<number> {
  const { uname, toolVersions } = sh.context.model.release;
  await sh.out(
    `GNU bash, version ${toolVersions["bash"] ?? "5.2.15(1)-release"} (${uname.machine}-pc-linux-gnu)\nThese shell commands are defined internally.  Type \`help' to see this list.\nType \`help name' to find out more about the function \`name'.\nUse \`info bash' to find out more about the shell in general.\nUse \`man -k' or \`info' to find out more about commands not in this list.\n\nA star (*) next to a name means that the command is disabled.\n\n`,
  );
  await sh.out(
    builtinNames("bash")
      .map((name) => ` ${name}\n`)
      .join(""),
  );
  return 0;
}
