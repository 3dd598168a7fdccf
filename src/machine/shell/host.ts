import type { ShellObserver } from "../contract.ts";
import type { MachineFs, MachineModel, WorldView } from "../model.ts";
import type { Budget } from "./budget.ts";
import type { OpenFile } from "./open-file.ts";
import type { LiveProcesses, Process } from "./processes.ts";

/** A terminal as programs on the machine see it. */
export interface Tty {
  /** `pts/0` */
  readonly name: string;
  readonly file: OpenFile;
  size(): { readonly columns: number; readonly rows: number };
  /** `stty` settings that matter. */
  readonly modes: { echo: boolean; canonical: boolean; signals: boolean; outputNewline: boolean };
  /** Process group that ^C and ^Z reach. */
  foreground: number;
  /** A line without echo, as password prompts read it. Undefined at the end of input. */
  readSecret(signal: AbortSignal): Promise<string | undefined>;
}

/** One line of input and everything that runs because of it. */
export interface LineRun {
  readonly n: number;
  readonly budget: Budget;
  known: boolean;
  bytesOut: number;
  /** Lines inside scripts reported so far. */
  scriptLines: number;
}

/** What the shells of one login share. */
export interface LoginContext {
  readonly model: MachineModel;
  readonly world: WorldView;
  readonly processes: LiveProcesses;
  readonly observer: ShellObserver;
  readonly peer: { readonly ip: string; readonly port: number };
  readonly local: { readonly ip: string; readonly port: number };
  readonly service: string;
  readonly tty: Tty | undefined;
  /** Session id of the process table. */
  readonly session: number;
  readonly nextN: () => number;
  /** Whether a program of that name has code of ours. */
  readonly knows: (name: string) => boolean;
}

export function filesFor(context: LoginContext, process: Process, run: LineRun, umask: number): MachineFs {
  const { uid, gid, groups } = process.owner;
  return context.world.filesOf({
    uid,
    gid,
    groups,
    umask,
    as: { pid: process.pid, exe: process.exe },
    audit: {
      observer: context.observer,
      method: "shell",
      writer: process.exe.slice(process.exe.lastIndexOf("/") + 1),
      n: run.n,
    },
  });
}

export function absolute(path: string, cwd: string): string {
  return path.startsWith("/") ? path : `${cwd === "/" ? "" : cwd}/${path}`;
}

/** Removes `.`, `..` and double slashes by text alone. */
export function normalPath(path: string): string {
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  return `/${out.join("/")}`;
}
