import type { Architecture } from "../content/elf-target.ts";
import { buildIdOf, findBuildId, parseElfHead, targets } from "../content/elf-target.ts";
import { elfIdentity } from "../content/package-file.ts";
import type { Executable } from "../model.ts";
import type { RecordedRelease } from "../release/release.ts";
import type { BaseNode, ReadContext } from "./base-node.ts";

const HEAD = 2048;
/** i386 programs run on a 64-bit kernel of Debian. */
const ALSO: Readonly<Partial<Record<Architecture, readonly number[]>>> = { x86_64: [3] };

const machineNames: Readonly<Record<number, string>> = {
  2: "sparc",
  3: "i386",
  4: "m68k",
  8: "mips",
  20: "ppc",
  40: "arm",
  42: "sh4",
  62: "x86_64",
  183: "aarch64",
  243: "riscv",
};

/** A program file of a release: where it lies and what its build id is made of. */
export interface ProgramFile {
  readonly path: string;
  readonly identity: string;
}

/** Program files of a recorded release. */
export function* recordedPrograms(release: RecordedRelease, arch: Architecture): Generator<ProgramFile> {
  const { tree } = release;
  for (let index = 0; index < tree.count; index += 1) {
    if (tree.attribute(index).kind !== "file" || (tree.attribute(index).mode & 0o111) === 0) continue;
    if (!tree.contentClass(index).startsWith("elf-") || tree.identity(index) !== index) continue;
    const path = tree.path(index);
    yield { path, identity: elfIdentity(release.id, arch, path) };
  }
}

/** Knows the release's own programs by the note in their first bytes, whatever they are called. */
export class Programs {
  readonly #files: () => Iterable<ProgramFile>;
  readonly #arch: Architecture;
  #byId: ReadonlyMap<string, string> | undefined;

  constructor(files: () => Iterable<ProgramFile>, arch: Architecture) {
    this.#files = files;
    this.#arch = arch;
  }

  #ids(): ReadonlyMap<string, string> {
    this.#byId ??= new Map(
      [...this.#files()].map(({ path, identity }) => [buildIdOf(identity).toString("hex"), path]),
    );
    return this.#byId;
  }

  /** Path at which a program of ours with these first bytes was installed. */
  ownPath(head: Uint8Array): string | undefined {
    const id = findBuildId(head.subarray(0, HEAD));
    return id === undefined ? undefined : this.#ids().get(id);
  }

  classify(node: BaseNode, context: ReadContext): Executable {
    const head = node.readAt(0, HEAD, context);
    if (head.length === 0) return { kind: "empty" };
    if (head[0] === 0x7f && head[1] === 0x45) return this.#classifyElf(head);
    if (head[0] === 0x23 && head[1] === 0x21) return scriptOf(head);
    // Shells refuse to interpret what is binary in its first line.
    const firstLine = Buffer.from(head).indexOf(10);
    const zero = Buffer.from(head).indexOf(0);
    return zero >= 0 && (firstLine < 0 || zero < firstLine) ? { kind: "format-error" } : { kind: "text" };
  }

  #classifyElf(head: Uint8Array): Executable {
    const path = this.ownPath(head);
    if (path !== undefined) return { kind: "program", path, name: path.slice(path.lastIndexOf("/") + 1) };
    const elf = parseElfHead(head);
    const target = targets[this.#arch];
    if (elf === undefined || elf.little !== target.little || head.length < 52)
      return { kind: "format-error" };
    const fits = elf.machine === target.machine || ALSO[this.#arch]?.includes(elf.machine) === true;
    if (!fits) return { kind: "format-error" };
    return { kind: "foreign", machine: machineNames[elf.machine] ?? String(elf.machine) };
  }
}

/** The interpreter line, cut where the kernel cuts it. */
function scriptOf(head: Uint8Array): Executable {
  const line = Buffer.from(head.subarray(2, 257)).toString("latin1").split("\n")[0]?.trim() ?? "";
  const [interpreter = "", ...rest] = line.split(/[ \t]+/);
  const argument = rest.join(" ");
  return { kind: "script", interpreter, argument: argument === "" ? undefined : argument };
}
