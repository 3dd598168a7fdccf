import { gunzipSync, gzipSync } from "node:zlib";
import type { Program, ProgramContext } from "../command.ts";
import { localTime, modeText, strftime } from "../format.ts";
import { makeParents } from "./change.ts";

/** Most that one archive may unpack to. */
const MAX_UNPACKED = 32 * 1024 * 1024;
const MAX_ENTRIES = 4000;

function inflate(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch {
    return undefined;
  }
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function gzip(context: ProgramContext): Promise<number> {
  const flags = new Set(context.args.filter((arg) => /^-\w/.test(arg)).flatMap((arg) => arg.slice(1)));
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  const tool = context.argv0.split("/").at(-1) ?? "gzip";
  const unpack =
    flags.has("d") || tool === "gunzip" || tool === "zcat" || context.args.includes("--decompress");
  const toOut = flags.has("c") || tool === "zcat" || names.length === 0 || context.args.includes("--stdout");
  let status = 0;
  for (const name of names.length === 0 ? ["-"] : names) {
    const source = unpack && name !== "-" && context.stat(name) === undefined ? `${name}.gz` : name;
    const read =
      name === "-"
        ? { value: await context.stdin.bytes(), error: undefined }
        : context.attempt(() => context.fs.read(context.path(source)));
    if (read.error !== undefined) {
      status = await context.fail(
        read.error === "Is a directory"
          ? `gzip: ${source} is a directory -- ignored`
          : `gzip: ${source}: ${read.error}`,
        read.error === "Is a directory" ? 2 : 1,
      );
      continue;
    }
    const result = unpack ? (isGzip(read.value) ? inflate(read.value) : undefined) : gzipSync(read.value);
    await context.tick();
    if (result === undefined)
      status = await context.fail(
        `\ngzip: ${name === "-" ? "stdin" : source}: ${read.value.length === 0 ? "unexpected end of file" : "not in gzip format"}`,
      );
    else if (toOut) await context.out(result);
    else
      status =
        (await replaceFile(
          context,
          {
            source,
            target: unpack ? source.replace(/\.(gz|tgz)$/, "") : `${source}.gz`,
            keep: flags.has("k"),
          },
          result,
        )) || status;
  }
  return status;
}

async function replaceFile(
  context: ProgramContext,
  file: { readonly source: string; readonly target: string; readonly keep: boolean },
  bytes: Uint8Array,
): Promise<number> {
  if (file.source === file.target) return context.fail(`gzip: ${file.source}: unknown suffix -- ignored`, 2);
  const { error } = context.attempt(() => {
    context.fs.write(context.path(file.target), bytes);
    context.fs.closed(context.path(file.target));
    if (!file.keep) context.fs.unlink(context.path(file.source));
  });
  return error === undefined ? 0 : context.fail(`gzip: ${file.target}: ${error}`);
}

interface TarEntry {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly link: string;
  readonly bytes: Uint8Array;
}

function* entriesOf(archive: Uint8Array): Generator<TarEntry> {
  const text = (from: number, length: number) =>
    Buffer.from(archive.subarray(from, from + length))
      .toString("utf8")
      .replace(/\0.*$/s, "");
  const octal = (from: number, length: number) => Number.parseInt(text(from, length).trim(), 8) || 0;
  let longName: string | undefined;
  for (
    let at = 0, count = 0;
    at + 512 <= archive.length && archive[at] !== 0 && count < MAX_ENTRIES;
    count++
  ) {
    const size = octal(at + 124, 12);
    const type = text(at + 156, 1) || "0";
    const bytes = archive.subarray(at + 512, at + 512 + size);
    const prefix = text(at + 345, 155);
    const name = longName ?? (prefix === "" ? text(at, 100) : `${prefix}/${text(at, 100)}`);
    longName = type === "L" ? Buffer.from(bytes).toString("utf8").replace(/\0.*$/s, "") : undefined;
    if (type !== "L" && type !== "x" && type !== "g")
      yield {
        name,
        mode: octal(at + 100, 8),
        size,
        mtime: octal(at + 136, 12),
        type,
        link: text(at + 157, 100),
        bytes,
      };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

function tarHeader(entry: Omit<TarEntry, "bytes">): Uint8Array {
  const block = Buffer.alloc(512);
  block.write(entry.name.slice(0, 100), 0, "utf8");
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  octal(entry.mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.size, 124, 12);
  octal(Math.floor(entry.mtime), 136, 12);
  block.write("        ", 148, "latin1");
  block.write(entry.type, 156, "latin1");
  block.write(entry.link.slice(0, 100), 157, "utf8");
  block.write("ustar  \0root", 257, "latin1");
  block.write("root", 297, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

async function tar(context: ProgramContext): Promise<number> {
  const [first = "", ...rest] = context.args;
  const flags = new Set<string>();
  const names: string[] = [];
  let file: string | undefined;
  let folder: string | undefined;
  const args = first.startsWith("-") ? context.args : [`-${first}`, ...rest];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "-C" || arg === "--directory") folder = args[++at];
    else if (arg.startsWith("--"))
      flags.add(
        { "--extract": "x", "--create": "c", "--list": "t", "--gzip": "z", "--verbose": "v" }[arg] ?? arg,
      );
    else if (/^-./.test(arg)) {
      for (const letter of arg.slice(1)) {
        flags.add(letter);
        if (letter === "f") file = args[++at];
        if (letter === "C") folder = args[++at];
      }
    } else names.push(arg);
  }
  if (!["x", "c", "t"].some((mode) => flags.has(mode)))
    return context.fail(
      "tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.",
      2,
    );
  if (flags.has("c")) return pack(context, { names, file, folder, flags });
  const read =
    file === undefined || file === "-"
      ? { value: await context.stdin.bytes(), error: undefined }
      : context.attempt(() => context.fs.read(context.path(file ?? "")));
  if (read.error !== undefined)
    return context.fail(
      `tar: ${file ?? ""}: Cannot open: ${read.error}\ntar: Error is not recoverable: exiting now`,
      2,
    );
  const bytes = isGzip(read.value) ? inflate(read.value) : read.value;
  if (bytes === undefined || (flags.has("z") && !isGzip(read.value)))
    return context.fail(
      "\ngzip: stdin: not in gzip format\ntar: Child returned status 1\ntar: Error is not recoverable: exiting now",
      2,
    );
  const entries = [...entriesOf(bytes)];
  if (entries.length === 0 && read.value.length < 512)
    return context.fail(
      "tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors",
      2,
    );
  let status = 0;
  for (const entry of entries) {
    await context.tick();
    if (names.length > 0 && !names.some((name) => entry.name === name || entry.name.startsWith(`${name}/`)))
      continue;
    if (flags.has("t")) await context.out(flags.has("v") ? listed(context, entry) : `${entry.name}\n`);
    else status = (await extract(context, entry, folder)) || status;
    if (flags.has("x") && flags.has("v")) await context.out(`${entry.name}\n`);
  }
  return status;
}

function listed(context: ProgramContext, entry: TarEntry): string {
  const kind = entry.type === "5" ? "directory" : entry.type === "2" ? "symlink" : "file";
  return `${modeText({ kind, mode: entry.mode })} root/root ${String(entry.size).padStart(9)} ${strftime("%Y-%m-%d %H:%M", localTime(context.world, entry.mtime))} ${entry.name}\n`;
}

async function extract(
  context: ProgramContext,
  entry: TarEntry,
  folder: string | undefined,
): Promise<number> {
  const name = entry.name
    .replace(/^\/+/, "")
    .split("/")
    .filter((part) => part !== "..")
    .join("/");
  if (name === "" || name === "./") return 0;
  const path = `${context.path(folder ?? ".")}/${name.replace(/\/$/, "")}`;
  const { error } = context.attempt(() => {
    makeParents(context, entry.type === "5" ? path : path.slice(0, path.lastIndexOf("/")));
    if (entry.type === "5") return;
    if (context.lstat(path) !== undefined) context.fs.unlink(path);
    if (entry.type === "2") context.fs.symlink(entry.link, path);
    else {
      context.fs.write(path, entry.bytes, { mode: entry.mode & 0o777 });
      context.fs.chmod(path, entry.mode & 0o777);
      context.fs.utimes(path, entry.mtime, entry.mtime);
      context.fs.closed(path);
    }
  });
  return error === undefined
    ? 0
    : context.fail(
        `tar: ${entry.name}: Cannot open: ${error}\ntar: Exiting with failure status due to previous errors`,
        2,
      );
}

interface Packing {
  readonly names: readonly string[];
  readonly file: string | undefined;
  readonly folder: string | undefined;
  readonly flags: ReadonlySet<string>;
}

async function pack(context: ProgramContext, packing: Packing): Promise<number> {
  const { names, file, folder, flags } = packing;
  if (names.length === 0)
    return context.fail(
      "tar: Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.",
      2,
    );
  const chunks: Uint8Array[] = [];
  let status = 0;
  let size = 0;
  const add = async (name: string): Promise<void> => {
    await context.tick();
    const path = `${context.path(folder ?? ".")}/${name}`.replace(/^.*\/\//, "/");
    const found = context.attempt(() => context.fs.lstat(name.startsWith("/") ? name : path));
    if (found.error !== undefined) {
      status = await context.fail(`tar: ${name}: Cannot stat: ${found.error}`, 2);
      return;
    }
    const { kind, mode, mtime } = found.value;
    const stored = name.replace(/^\/+/, "");
    if (kind === "directory") {
      chunks.push(tarHeader({ name: `${stored}/`, mode, mtime, size: 0, type: "5", link: "" }));
      for (const child of context.attempt(() => context.fs.readdir(path)).value ?? [])
        await add(`${name.replace(/\/$/, "")}/${child}`);
    } else if (kind === "symlink")
      chunks.push(
        tarHeader({ name: stored, mode, mtime, size: 0, type: "2", link: found.value.target ?? "" }),
      );
    else if (kind === "file") {
      const bytes =
        context.attempt(() => context.fs.read(name.startsWith("/") ? name : path)).value ?? new Uint8Array(0);
      size += bytes.length;
      if (size > MAX_UNPACKED) return;
      chunks.push(
        tarHeader({ name: stored, mode, mtime, size: bytes.length, type: "0", link: "" }),
        bytes,
        new Uint8Array((512 - (bytes.length % 512)) % 512),
      );
    }
    if (flags.has("v")) await context.err(`${name}\n`);
  };
  for (const name of names) await add(name);
  const archive = Buffer.concat([...chunks, new Uint8Array(1024)]);
  const bytes = flags.has("z") ? gzipSync(archive) : archive;
  if (file === undefined || file === "-") await context.out(bytes);
  else {
    const { error } = context.attempt(() => {
      context.fs.write(context.path(file), bytes);
      context.fs.closed(context.path(file));
    });
    if (error !== undefined)
      return context.fail(
        `tar: ${file}: Cannot open: ${error}\ntar: Error is not recoverable: exiting now`,
        2,
      );
  }
  return status === 0 ? 0 : context.fail("tar: Exiting with failure status due to previous errors", 2);
}

async function fileProgram(context: ProgramContext): Promise<number> {
  const brief = context.args.some((arg) => /^-\w*b/.test(arg));
  for (const name of context.args.filter((arg) => !arg.startsWith("-")))
    await context.out(`${brief ? "" : `${name}: `}${describe(context, name)}\n`);
  return 0;
}

function describe(context: ProgramContext, name: string): string {
  const found = context.attempt(() => context.fs.lstat(context.path(name)));
  if (found.error !== undefined) return `cannot open \`${name}' (${found.error})`;
  const { kind, size, target } = found.value;
  if (kind === "symlink") return `symbolic link to ${target ?? ""}`;
  if (kind !== "file")
    return {
      directory: "directory",
      character: "character special",
      block: "block special",
      fifo: "fifo (named pipe)",
      socket: "socket",
    }[kind];
  if (size === 0) return "empty";
  const head = context.attempt(() => Buffer.from(context.fs.readAt(context.path(name), 0, 4096)));
  if (head.error !== undefined) return `cannot open \`${name}' (${head.error})`;
  const bytes = head.value;
  if (bytes.subarray(0, 4).toString("latin1") === "\x7fELF") {
    const machine =
      { 3: "Intel 80386", 8: "MIPS", 40: "ARM", 62: "x86-64", 183: "ARM aarch64" }[bytes.readUInt16LE(18)] ??
      "unknown arch";
    const kindText = bytes[16] === 3 ? "pie executable" : "executable";
    return `ELF ${bytes[4] === 2 ? "64" : "32"}-bit ${bytes[5] === 1 ? "LSB" : "MSB"} ${kindText}, ${machine}, version 1 (SYSV), dynamically linked, interpreter /lib64/ld-linux-x86-64.so.2, for GNU/Linux 3.2.0, stripped`;
  }
  if (isGzip(bytes)) return "gzip compressed data, from Unix";
  const line = /^#! *(\S+)/.exec(bytes.toString("latin1"))?.[1];
  if (line !== undefined)
    return `${/bash/.test(line) ? "Bourne-Again" : /python/.test(line) ? "Python" : /perl/.test(line) ? "Perl" : "POSIX"} ${/python|perl/.test(line) ? "script" : "shell script"}, ASCII text executable`;
  return bytes.includes(0)
    ? "data"
    : bytes.some((byte) => byte > 127)
      ? "Unicode text, UTF-8 text"
      : `ASCII text${bytes.includes(10) ? "" : ", with no line terminators"}`;
}

const crcTable = Array.from({ length: 256 }, (_each, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

async function cksum(context: ProgramContext): Promise<number> {
  let status = 0;
  for (const name of context.args.length === 0 ? ["-"] : context.args) {
    const opened = context.attempt(() => context.open(name));
    if (opened.error !== undefined) {
      status = await context.fail(`${context.argv0}: ${name}: ${opened.error}`);
      continue;
    }
    let crc = 0;
    let length = 0;
    const step = (byte: number) => {
      crc = ((crc << 8) ^ (crcTable[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
    };
    for (let chunk = await opened.value.read(); chunk !== undefined; chunk = await opened.value.read()) {
      length += chunk.length;
      for (const byte of chunk) step(byte);
    }
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) step(rest & 0xff);
    await context.out(
      `${~crc >>> 0} ${length}${name === "-" && context.args.length === 0 ? "" : ` ${name}`}\n`,
    );
  }
  return status;
}

export const archives: readonly Program[] = [
  { names: ["gzip", "gunzip", "zcat"], run: gzip },
  { names: ["tar"], run: tar },
  { names: ["file"], run: fileProgram },
  { names: ["cksum"], run: cksum },
];
