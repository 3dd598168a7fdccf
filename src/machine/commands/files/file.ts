import type { Program, ProgramContext } from "../command.ts";
import { isGzip } from "./gzip-data.ts";

const kindTexts = {
  directory: "directory",
  character: "character special",
  block: "block special",
  fifo: "fifo (named pipe)",
  socket: "socket",
};
const elfMachines: ReadonlyMap<number, string> = new Map([
  [3, "Intel 80386"],
  [8, "MIPS"],
  [40, "ARM"],
  [62, "x86-64"],
  [183, "ARM aarch64"],
]);
/** What the interpreter's path says about a script; the first that fits. */
const scripts: readonly (readonly [RegExp, string])[] = [
  [/bash/, "Bourne-Again shell script"],
  [/python/, "Python script"],
  [/perl/, "Perl script"],
  [/^/, "POSIX shell script"],
];

async function fileProgram(context: ProgramContext): Promise<number> {
  const brief = context.args.some((arg) => /^-\w*b/.test(arg));
  for (const name of context.args.filter((arg) => !arg.startsWith("-")))
    await context.out(`${brief ? "" : `${name}: `}${describe(context, name)}\n`);
  return 0;
}

function describe(context: ProgramContext, name: string): string {
  const path = context.path(name);
  const found = context.attempt(() => context.fs.lstat(path));
  if (found.error !== undefined) return `cannot open \`${name}' (${found.error})`;
  const { kind, size, target } = found.value;
  if (kind === "symlink") return `symbolic link to ${target ?? ""}`;
  if (kind !== "file") return kindTexts[kind];
  if (size === 0) return "empty";
  const head = context.attempt(() => Buffer.from(context.fs.readAt(path, 0, 4096)));
  if (head.error !== undefined) return `cannot open \`${name}' (${head.error})`;
  return elfText(head.value) ?? gzipText(head.value) ?? scriptText(head.value) ?? plainText(head.value);
}

function elfText(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 4).toString("latin1") !== "\x7fELF") return undefined;
  if (bytes.length < 20) return "data";
  const machine = elfMachines.get(bytes.readUInt16LE(18)) ?? "unknown arch";
  const kind = bytes[16] === 3 ? "pie executable" : "executable";
  return `ELF ${bytes[4] === 2 ? "64" : "32"}-bit ${bytes[5] === 1 ? "LSB" : "MSB"} ${kind}, ${machine}, version 1 (SYSV), dynamically linked, interpreter /lib64/ld-linux-x86-64.so.2, for GNU/Linux 3.2.0, stripped`;
}

const gzipText = (bytes: Buffer) => (isGzip(bytes) ? "gzip compressed data, from Unix" : undefined);

function scriptText(bytes: Buffer): string | undefined {
  const interpreter = /^#! *(\S+)/.exec(bytes.toString("latin1"))?.[1];
  if (interpreter === undefined) return undefined;
  const kind = scripts.find(([pattern]) => pattern.test(interpreter))?.[1] ?? "";
  return `${kind}, ASCII text executable`;
}

function plainText(bytes: Buffer): string {
  if (bytes.includes(0)) return "data";
  if (bytes.some((byte) => byte > 127)) return "Unicode text, UTF-8 text";
  return `ASCII text${bytes.includes(10) ? "" : ", with no line terminators"}`;
}

export const filePrograms: readonly Program[] = [{ names: ["file"], run: fileProgram }];
