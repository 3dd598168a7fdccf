import { ShellError } from "../control.ts";
import { errnoOf, strerror } from "../errors.ts";
import { normalPath } from "../host.ts";
import type { ShellProcess } from "../shell-process.ts";

export async function cd(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const bash = sh.state.dialect === "bash";
  let physical = sh.option("physical");
  let at = 0;
  for (; /^-[LPe@]+$/.test(args[at] ?? ""); at++) physical = (args[at] ?? "").includes("P");
  if (args[at] === "--") at += 1;
  else if (bash && /^-./.test(args[at] ?? "")) return unknownOption(sh, args[at] ?? "");
  const [given, ...more] = args.slice(at);
  if (bash && more.length > 0) throw new ShellError("cd: too many arguments");
  const target = targetOf(sh, given);
  if (bash && target === "") return 0;
  const found = searched(sh, target);
  change(sh, found.path, { shown: target, physical });
  if (given === "-" || found.announce) await sh.out(`${sh.cwd}\n`);
  return 0;
}

async function unknownOption(sh: ShellProcess, option: string): Promise<number> {
  await sh.complain(`cd: ${option.slice(0, 2)}: invalid option`);
  await sh.err("cd: usage: cd [-L|[-P [-e]] [-@]] [dir]\n");
  return 2;
}

function targetOf(sh: ShellProcess, given: string | undefined): string {
  if (given !== undefined && given !== "-") return given;
  const name = given === "-" ? "OLDPWD" : "HOME";
  const target = sh.vars.get(name);
  if (target === undefined) throw new ShellError(`cd: ${name} not set`);
  return target;
}

function searched(sh: ShellProcess, target: string): { readonly path: string; readonly announce: boolean } {
  const cdpath = sh.vars.get("CDPATH");
  if (cdpath === undefined || /^\.{0,2}\//.test(target) || target === "." || target === "..")
    return { path: target, announce: false };
  for (const folder of cdpath.split(":")) {
    const path = folder === "" ? target : `${folder}/${target}`;
    if (sh.fs.access(sh.path(path), "exists")) return { path, announce: folder !== "" && folder !== "." };
  }
  return { path: target, announce: false };
}

/** @throws {ShellError} with the shell's text */
function change(
  sh: ShellProcess,
  path: string,
  how: { readonly shown: string; readonly physical: boolean; readonly builtin?: string },
): void {
  const logical = normalPath(sh.path(path));
  try {
    const facts = sh.fs.stat(sh.path(path));
    if (facts.kind !== "directory") throw refused(sh, how, strerror("ENOTDIR"));
    if (!sh.fs.access(logical, "execute")) throw refused(sh, how, strerror("EACCES"));
    const next = how.physical ? sh.fs.realpath(logical) : logical;
    const former = sh.cwd;
    sh.cwd = next;
    sh.vars.set("OLDPWD", former);
    sh.vars.set("PWD", next);
    sh.vars.declare("OLDPWD").exported = true;
    sh.vars.declare("PWD").exported = true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw refused(sh, how, strerror(errno));
  }
}

function refused(
  sh: ShellProcess,
  how: { readonly shown: string; readonly builtin?: string },
  reason: string,
): ShellError {
  if (sh.state.dialect === "bash") return new ShellError(`${how.builtin ?? "cd"}: ${how.shown}: ${reason}`);
  return new ShellError(
    `cd: can't cd to ${how.shown}${sh.state.dialect === "ash" ? `: ${reason}` : ""}`,
    sh.state.dialect === "dash" ? 2 : 1,
  );
}

export async function pwd(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const physical = args.some((arg) => /^-L*P/.test(arg));
  await sh.out(`${physical ? sh.fs.realpath(sh.cwd) : sh.cwd}\n`);
  return 0;
}

function stackLine(sh: ShellProcess, long = false): string {
  const home = sh.vars.get("HOME") ?? "";
  const shorten = (path: string) =>
    !long && home !== "" && (path === home || path.startsWith(`${home}/`))
      ? `~${path.slice(home.length)}`
      : path;
  return [sh.cwd, ...sh.state.directories].map(shorten).join(" ");
}

export async function dirs(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args.includes("-c")) {
    sh.state.directories = [];
    return 0;
  }
  if (args.includes("-p")) await sh.out(`${stackLine(sh, args.includes("-l")).split(" ").join("\n")}\n`);
  else if (args.includes("-v")) {
    const lines = stackLine(sh)
      .split(" ")
      .map((path, index) => `${String(index).padStart(2)}  ${path}\n`);
    await sh.out(lines.join(""));
  } else await sh.out(`${stackLine(sh, args.includes("-l"))}\n`);
  return 0;
}

export async function pushd(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const former = sh.cwd;
  const target = args.find((arg) => !/^-n$/.test(arg));
  if (target === undefined) {
    const top = sh.state.directories[0];
    if (top === undefined) throw new ShellError("pushd: no other directory");
    change(sh, top, { shown: top, physical: false, builtin: "pushd" });
    sh.state.directories[0] = former;
  } else {
    change(sh, target, { shown: target, physical: false, builtin: "pushd" });
    sh.state.directories = [former, ...sh.state.directories].slice(0, 1000);
  }
  await sh.out(`${stackLine(sh)}\n`);
  return 0;
}

export async function popd(sh: ShellProcess): Promise<number> {
  const [top, ...rest] = sh.state.directories;
  if (top === undefined) throw new ShellError("popd: directory stack empty");
  change(sh, top, { shown: top, physical: false, builtin: "popd" });
  sh.state.directories = rest;
  await sh.out(`${stackLine(sh)}\n`);
  return 0;
}
