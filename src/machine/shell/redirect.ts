import { ShellError } from "./control.ts";
import { type OpenMode, openPath } from "./device-files.ts";
import { errnoOf, strerror } from "./errors.ts";
import { expandSingle, expandWords } from "./expand.ts";
import { openNetwork } from "./network-files.ts";
import { Descriptor, type Descriptors, memoryFile, nullFile, setDescriptor } from "./open-file.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { Redirection, Word } from "./syntax.ts";
import { encode } from "./text.ts";

/** Applies redirections in order to a table; the first that fails ends it. */
export async function applyRedirections(
  sh: ShellProcess,
  redirections: readonly Redirection[],
  table: Descriptors,
): Promise<void> {
  for (const redirection of redirections) await applyOne(sh, redirection, table);
}

/** @returns the status when a redirection failed */
export async function redirectOrComplain(
  sh: ShellProcess,
  redirections: readonly Redirection[],
  table: Descriptors,
): Promise<number | undefined> {
  try {
    await applyRedirections(sh, redirections, table);
    return undefined;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (error.text !== "") await sh.complain(error.text);
    return error.status;
  }
}

async function applyOne(sh: ShellProcess, redirection: Redirection, table: Descriptors): Promise<void> {
  const { target, operator } = redirection;
  const fd = descriptorFor(sh, redirection, table);
  if (target.type === "HereDoc" || operator === "<<<") {
    const text =
      target.type === "HereDoc" ? await hereDocument(sh, target) : `${await expandSingle(sh, target)}\n`;
    setDescriptor(table, fd, new Descriptor(memoryFile(encode(text))));
    return;
  }
  const name = await targetName(sh, target);
  if (isDuplication(operator)) {
    duplicate(
      sh,
      { name, fd, explicit: redirection.fd !== null, operator, variable: redirection.fdVariable },
      table,
    );
    return;
  }
  if (table.size >= sh.run.budget.limits.openFiles) throw new ShellError(`${name}: Too many open files`);
  const both = operator === "&>" || operator === "&>>";
  const descriptor = await open(sh, name, modeOf(operator), operator === ">" && sh.option("noclobber"));
  setDescriptor(table, fd, descriptor);
  if (both) setDescriptor(table, 2, descriptor.retain());
}

const isDuplication = (operator: string): boolean => operator === ">&" || operator === "<&";

/** The descriptor that is redirected; `{name}>` takes a free one and tells it to the variable. */
function descriptorFor(sh: ShellProcess, redirection: Redirection, table: Descriptors): number {
  const { operator, fdVariable } = redirection;
  const named = fdVariable !== undefined;
  const fd = named ? freeDescriptor(table) : (redirection.fd ?? (operator.startsWith("<") ? 0 : 1));
  if (named && !isDuplication(operator)) sh.vars.set(fdVariable, String(fd));
  if (fd >= sh.run.budget.limits.openFiles * 4) throw new ShellError(`${fd}: Bad file descriptor`);
  return fd;
}

type HereDocument = Extract<Redirection["target"], { type: "HereDoc" }>;

async function hereDocument(sh: ShellProcess, { content, stripTabs }: HereDocument): Promise<string> {
  const text = await expandSingle(sh, content);
  return stripTabs ? text.replace(/^\t+/gm, "") : text;
}

function freeDescriptor(table: Descriptors): number {
  let fd = 10;
  while (table.has(fd)) fd += 1;
  return fd;
}

function modeOf(operator: string): OpenMode {
  if (operator === "<") return "read";
  if (operator === "<>") return "both";
  return operator.endsWith(">>") ? "append" : "write";
}

async function targetName(sh: ShellProcess, word: Word): Promise<string> {
  if (sh.state.dialect !== "bash") return expandSingle(sh, word);
  const names = await expandWords(sh, [word]);
  if (names.length !== 1) throw new ShellError(`${rawText(word)}: ambiguous redirect`);
  return names[0] ?? "";
}

function rawText(word: Word): string {
  return word.parts
    .map((part) => {
      if (part.type === "ParameterExpansion") return `$${part.parameter}`;
      if (part.type === "Glob") return part.pattern;
      return "value" in part ? part.value : "";
    })
    .join("");
}

interface Duplication {
  readonly name: string;
  readonly fd: number;
  readonly explicit: boolean;
  readonly operator: string;
  readonly variable: string | undefined;
}

function duplicate(sh: ShellProcess, how: Duplication, table: Descriptors): void {
  const fd = how.variable === undefined ? how.fd : Number(sh.vars.get(how.variable) ?? how.fd);
  if (how.name === "-") {
    setDescriptor(table, fd, undefined);
    return;
  }
  const move = /^(\d+)-$/.exec(how.name);
  const from = move?.[1] ?? how.name;
  if (/^\d+$/.test(from)) {
    const source = table.get(Number(from));
    if (source === undefined) throw new ShellError(`${from}: Bad file descriptor`);
    if (Number(from) !== fd) setDescriptor(table, fd, source.retain());
    if (move && Number(from) !== fd) setDescriptor(table, Number(from), undefined);
    return;
  }
  if (how.operator === ">&" && !how.explicit) {
    const descriptor = openFile(sh, how.name, "write", sh.option("noclobber"));
    setDescriptor(table, 1, descriptor);
    setDescriptor(table, 2, descriptor.retain());
    return;
  }
  throw new ShellError(`${how.name}: ambiguous redirect`);
}

async function open(sh: ShellProcess, name: string, mode: OpenMode, noclobber: boolean): Promise<Descriptor> {
  const network = /^\/dev\/(tcp|udp)\/([^/]+)\/([^/]+)$/.exec(name);
  if (network && sh.state.dialect === "bash") {
    return openNetwork(sh, {
      scheme: network[1] ?? "tcp",
      host: network[2] ?? "",
      port: network[3] ?? "",
      path: name,
    });
  }
  return openFile(sh, name, mode, noclobber);
}

function openFile(sh: ShellProcess, name: string, mode: OpenMode, noclobber = false): Descriptor {
  try {
    const device = standardDevice(sh, name);
    if (device !== undefined) return device;
    return new Descriptor(openPath(sh.fs, sh.path(name), mode, noclobber));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw redirectionError(sh, { name, mode, errno: noclobber && errno === "EEXIST" ? "clobber" : errno });
  }
}

function standardDevice(sh: ShellProcess, name: string): Descriptor | undefined {
  if (name === "/dev/null") return new Descriptor(nullFile);
  const named = { "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2 }[name];
  const number = named ?? (/^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(name)?.[1] as string | undefined);
  if (number !== undefined) return sh.process.fds.get(Number(number))?.retain();
  if (name !== "/dev/tty" || sh.context.tty === undefined || sh.process.tty === undefined) return undefined;
  return new Descriptor({ ...sh.context.tty.file, close: () => {} });
}

function redirectionError(
  sh: ShellProcess,
  failed: {
    readonly name: string;
    readonly mode: OpenMode;
    readonly errno: Parameters<typeof strerror>[0] | "clobber";
  },
): ShellError {
  const { name, mode, errno } = failed;
  if (sh.state.dialect === "bash") {
    return new ShellError(
      `${name}: ${errno === "clobber" ? "cannot overwrite existing file" : strerror(errno)}`,
    );
  }
  const verb = mode === "read" ? "open" : "create";
  if (errno === "clobber") return new ShellError(`cannot create ${name}: File exists`, 2);
  const missing =
    mode === "read"
      ? "No such file"
      : sh.state.dialect === "ash"
        ? "nonexistent directory"
        : "Directory nonexistent";
  const text = errno === "ENOENT" ? missing : strerror(errno);
  return new ShellError(
    sh.state.dialect === "ash"
      ? `can't ${verb} ${name}: ${text.toLowerCase().startsWith("no such") ? "no such file" : text}`
      : `cannot ${verb} ${name}: ${text}`,
    sh.state.dialect === "dash" ? 2 : 1,
  );
}
