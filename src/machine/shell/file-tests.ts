import type { FileFacts } from "../contract.ts";
import { errnoOf } from "./errors.ts";
import type { ShellProcess } from "./shell-process.ts";

type FileTest = (facts: FileFacts, sh: ShellProcess, path: string) => boolean;

const tests: Readonly<Record<string, FileTest>> = {
  "-a": () => true,
  "-e": () => true,
  "-b": (facts) => facts.kind === "block",
  "-c": (facts) => facts.kind === "character",
  "-d": (facts) => facts.kind === "directory",
  "-f": (facts) => facts.kind === "file",
  "-g": (facts) => (facts.mode & 0o2000) !== 0,
  "-h": (facts) => facts.kind === "symlink",
  "-k": (facts) => (facts.mode & 0o1000) !== 0,
  "-L": (facts) => facts.kind === "symlink",
  "-N": (facts) => facts.mtime > facts.atime,
  "-O": (facts, sh) => facts.uid === sh.process.owner.uid,
  "-G": (facts, sh) => facts.gid === sh.process.owner.gid,
  "-p": (facts) => facts.kind === "fifo",
  "-r": (_facts, sh, path) => sh.fs.access(path, "read"),
  "-s": (facts) => facts.size > 0,
  "-S": (facts) => facts.kind === "socket",
  "-u": (facts) => (facts.mode & 0o4000) !== 0,
  "-w": (_facts, sh, path) => sh.fs.access(path, "write"),
  "-x": (_facts, sh, path) => sh.fs.access(path, "execute"),
};

export function isFileTest(operator: string): boolean {
  return Object.hasOwn(tests, operator);
}

function factsOf(sh: ShellProcess, path: string, follow: boolean): FileFacts | undefined {
  if (path === "") return undefined;
  try {
    const full = sh.path(path);
    return follow ? sh.fs.stat(full) : sh.fs.lstat(full);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

export function testFile(sh: ShellProcess, operator: string, path: string): boolean {
  const fd = /^\/dev\/(?:fd\/)?(stdin|stdout|stderr|\d+)$/.exec(path)?.[1];
  if (fd !== undefined) {
    const number = { stdin: 0, stdout: 1, stderr: 2 }[fd] ?? Number(fd);
    const open = sh.process.fds.get(number);
    return (
      open !== undefined &&
      (operator !== "-p" || open.file.kind === "pipe") &&
      operator !== "-d" &&
      (operator !== "-f" || open.file.kind === "file")
    );
  }
  const facts = factsOf(sh, path, operator !== "-h" && operator !== "-L");
  return facts !== undefined && (tests[operator]?.(facts, sh, sh.path(path)) ?? false);
}

export function compareFiles(sh: ShellProcess, left: string, operator: string, right: string): boolean {
  const a = factsOf(sh, left, true);
  const b = factsOf(sh, right, true);
  if (operator === "-ef") return a !== undefined && b !== undefined && a.inode === b.inode;
  if (operator === "-nt") return a !== undefined && (b === undefined || a.mtime > b.mtime);
  return b !== undefined && (a === undefined || a.mtime < b.mtime);
}

export function isTerminal(sh: ShellProcess, fd: string): boolean {
  return /^\d+$/.test(fd) && sh.process.fds.get(Number(fd))?.file.kind === "terminal";
}
