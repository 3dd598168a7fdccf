import { gzipSync } from "node:zlib";
import type { FileFacts } from "../../contract.ts";
import type { Program, ProgramContext } from "../command.ts";
import { localTime, modeText, strftime } from "../format.ts";
import { eachOperand } from "../operands.ts";
import { makeParents } from "./folders.ts";
import { inflate, isGzip, MAX_UNPACKED } from "./gzip-data.ts";
import { entriesOf, type TarEntry, tarHeader } from "./tar-format.ts";

interface Call {
  readonly flags: Set<string>;
  readonly names: string[];
  file: string | undefined;
  folder: string | undefined;
}

const longFlags: ReadonlyMap<string, string> = new Map([
  ["--extract", "x"],
  ["--create", "c"],
  ["--list", "t"],
  ["--gzip", "z"],
  ["--verbose", "v"],
]);
const usage = "Try 'tar --help' or 'tar --usage' for more information.";
const delayed = "tar: Exiting with failure status due to previous errors";
const fatal = "tar: Error is not recoverable: exiting now";

async function tar(context: ProgramContext): Promise<number> {
  const call = callOf(context.args);
  if (call.flags.has("c")) return pack(context, call);
  if (call.flags.has("x") || call.flags.has("t")) return unpack(context, call);
  return context.fail(
    `tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n${usage}`,
    2,
  );
}

/** The first argument is options even without a dash. */
function callOf([first = "", ...rest]: readonly string[]): Call {
  const call: Call = { flags: new Set(), names: [], file: undefined, folder: undefined };
  const args = [first.startsWith("-") ? first : `-${first}`, ...rest];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "-C" || arg === "--directory") call.folder = args[++at];
    else if (arg.startsWith("--")) call.flags.add(longFlags.get(arg) ?? arg);
    else if (!/^-./.test(arg)) call.names.push(arg);
    else {
      for (const letter of arg.slice(1)) {
        call.flags.add(letter);
        if (letter === "f") call.file = args[++at];
        if (letter === "C") call.folder = args[++at];
      }
    }
  }
  return call;
}

async function unpack(context: ProgramContext, call: Call): Promise<number> {
  const { names, file, flags } = call;
  const read =
    file === undefined || file === "-"
      ? { value: await context.stdin.bytes(), error: undefined }
      : context.attempt(() => context.fs.read(context.path(file)));
  if (read.error !== undefined)
    return context.fail(`tar: ${file ?? ""}: Cannot open: ${read.error}\n${fatal}`, 2);
  const zipped = isGzip(read.value);
  const bytes = zipped ? inflate(read.value) : read.value;
  if (bytes === undefined || (flags.has("z") && !zipped))
    return context.fail(`\ngzip: stdin: not in gzip format\ntar: Child returned status 1\n${fatal}`, 2);
  const entries = [...entriesOf(bytes)];
  if (entries.length === 0 && read.value.length < 512)
    return context.fail(`tar: This does not look like a tar archive\n${delayed}`, 2);
  const isWanted = ({ name }: TarEntry) =>
    names.length === 0 || names.some((each) => name === each || name.startsWith(`${each}/`));
  let status = 0;
  for (const entry of entries.filter(isWanted)) {
    await context.tick();
    status = (await unpackOne(context, entry, call)) || status;
  }
  return status;
}

async function unpackOne(context: ProgramContext, entry: TarEntry, call: Call): Promise<number> {
  const { flags } = call;
  let status = 0;
  if (flags.has("t")) await context.out(flags.has("v") ? listed(context, entry) : `${entry.name}\n`);
  else status = await extract(context, entry, call.folder);
  if (flags.has("x") && flags.has("v")) await context.out(`${entry.name}\n`);
  return status;
}

const linkKinds: ReadonlyMap<string, FileFacts["kind"]> = new Map([
  ["5", "directory"],
  ["2", "symlink"],
]);

function listed(context: ProgramContext, entry: TarEntry): string {
  const mode = modeText({ kind: linkKinds.get(entry.type) ?? "file", mode: entry.mode });
  const time = strftime("%Y-%m-%d %H:%M", localTime(context.world, entry.mtime));
  return `${mode} root/root ${String(entry.size).padStart(9)} ${time} ${entry.name}\n`;
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
    writeEntry(context, entry, path);
  });
  return error === undefined ? 0 : context.fail(`tar: ${entry.name}: Cannot open: ${error}\n${delayed}`, 2);
}

function writeEntry(context: ProgramContext, entry: TarEntry, path: string): void {
  if (entry.type === "5") {
    makeParents(context, path);
    return;
  }
  makeParents(context, path.slice(0, path.lastIndexOf("/")));
  if (context.lstat(path) !== undefined) context.fs.unlink(path);
  if (entry.type === "2") {
    context.fs.symlink(entry.link, path);
    return;
  }
  context.fs.write(path, entry.bytes, { mode: entry.mode & 0o777 });
  context.fs.chmod(path, entry.mode & 0o777);
  context.fs.utimes(path, entry.mtime, entry.mtime);
  context.fs.closed(path);
}

async function pack(context: ProgramContext, call: Call): Promise<number> {
  const { names, file, flags } = call;
  if (names.length === 0)
    return context.fail(`tar: Cowardly refusing to create an empty archive\n${usage}`, 2);
  const packer = new Packer(context, call);
  const status = await eachOperand(names, (name) => packer.add(name));
  const archive = packer.archive();
  const bytes = flags.has("z") ? gzipSync(archive) : archive;
  if (file === undefined || file === "-") await context.out(bytes);
  else {
    const { error } = context.attempt(() => {
      context.fs.write(context.path(file), bytes);
      context.fs.closed(context.path(file));
    });
    if (error !== undefined) return context.fail(`tar: ${file}: Cannot open: ${error}\n${fatal}`, 2);
  }
  return status === 0 ? 0 : context.fail(delayed, 2);
}

/** Gathers the blocks of an archive. */
class Packer {
  readonly #context: ProgramContext;
  readonly #call: Call;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(context: ProgramContext, call: Call) {
    this.#context = context;
    this.#call = call;
  }

  archive(): Buffer {
    return Buffer.concat([...this.#chunks, new Uint8Array(1024)]);
  }

  async add(name: string): Promise<number> {
    const context = this.#context;
    await context.tick();
    const below = `${context.path(this.#call.folder ?? ".")}/${name}`.replace(/^.*\/\//, "/");
    const path = name.startsWith("/") ? name : below;
    const { value: facts, error } = context.attempt(() => context.fs.lstat(path));
    if (error !== undefined) return context.fail(`tar: ${name}: Cannot stat: ${error}`, 2);
    const entry = { name: name.replace(/^\/+/, ""), mode: facts.mode, mtime: facts.mtime, size: 0, link: "" };
    let status = 0;
    if (facts.kind === "directory") {
      this.#chunks.push(tarHeader({ ...entry, name: `${entry.name}/`, type: "5" }));
      const children = context.attempt(() => context.fs.readdir(below)).value ?? [];
      status = await eachOperand(children, (child) => this.add(`${name.replace(/\/$/, "")}/${child}`));
    } else if (facts.kind === "symlink")
      this.#chunks.push(tarHeader({ ...entry, type: "2", link: facts.target ?? "" }));
    else if (facts.kind === "file" && !this.#addBytes(path, entry)) return 0;
    if (this.#call.flags.has("v")) await context.err(`${name}\n`);
    return status;
  }

  /** @returns false when the archive would grow past its bound */
  #addBytes(path: string, entry: Omit<TarEntry, "bytes" | "type">): boolean {
    const bytes = this.#context.attempt(() => this.#context.fs.read(path)).value ?? new Uint8Array(0);
    this.#size += bytes.length;
    if (this.#size > MAX_UNPACKED) return false;
    const padding = new Uint8Array((512 - (bytes.length % 512)) % 512);
    this.#chunks.push(tarHeader({ ...entry, size: bytes.length, type: "0" }), bytes, padding);
    return true;
  }
}

export const tarPrograms: readonly Program[] = [{ names: ["tar"], run: tar }];
