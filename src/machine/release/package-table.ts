import { daemonsOf } from "../facts/roles.ts";
import type { Package, PackageTable } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { debianArchitecture } from "./debian-12.ts";
import { kernelAt, RECORDED_KERNEL, RECORDED_KERNEL_VERSION } from "./kernels.ts";
import type { RecordedPackage, RecordedRelease } from "./release.ts";

const dependencies = (pkg: RecordedPackage): string[] =>
  pkg.depends.split(",").map((one) => one.trim().split(/[ (:|]/)[0] ?? "");

/** Which recorded packages this persona has: every base package, and what its services pull in. */
export function installedPackages(persona: MachinePersona, release: RecordedRelease): ReadonlySet<number> {
  const indexes = new Map<string, number>();
  for (const [index, pkg] of release.packages.entries()) {
    indexes.set(pkg.name, index);
    for (const provided of pkg.provides.split(",")) {
      const name = provided.trim().split(" ")[0] ?? "";
      if (name !== "" && !indexes.has(name)) indexes.set(name, index);
    }
  }
  const installed = new Set<number>();
  for (const [index, pkg] of release.packages.entries()) if (pkg.base) installed.add(index);
  const queue = daemonsOf(persona).map((daemon) => daemon.package);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const index = indexes.get(name);
    if (index === undefined || installed.has(index)) continue;
    installed.add(index);
    const pkg = release.packages[index];
    if (pkg !== undefined) queue.push(...dependencies(pkg));
    // Packages that bring the server under another name.
    if (name === "dovecot-core") queue.push("dovecot-imapd", "dovecot-pop3d");
  }
  return installed;
}

/** The kernel's packages carry the ABI in their name and the version of the machine's kernel. */
function withKernel(pkg: RecordedPackage, persona: MachinePersona): RecordedPackage {
  const kernel = kernelAt(persona.bootedAt);
  if (!pkg.name.startsWith("linux-image-")) return pkg;
  const swap = (text: string): string =>
    text.replaceAll(RECORDED_KERNEL, kernel.abi).replaceAll(RECORDED_KERNEL_VERSION, kernel.version);
  return {
    ...pkg,
    name: swap(pkg.name),
    version: swap(pkg.version),
    depends: swap(pkg.depends),
    summary: swap(pkg.summary),
  };
}

export class InstalledPackages implements PackageTable {
  readonly #release: RecordedRelease;
  readonly #list: readonly Package[];
  readonly #recorded: ReadonlyMap<string, { readonly index: number; readonly pkg: RecordedPackage }>;
  readonly #translate: (path: string) => string;

  constructor(persona: MachinePersona, release: RecordedRelease) {
    this.#release = release;
    const architecture = debianArchitecture(persona.hardware.arch);
    const kernel = kernelAt(persona.bootedAt);
    this.#translate = (path) => path.replaceAll(RECORDED_KERNEL, kernel.abi);
    const recorded = new Map<string, { readonly index: number; readonly pkg: RecordedPackage }>();
    for (const index of installedPackages(persona, release)) {
      const pkg = release.packages[index];
      if (pkg === undefined) continue;
      const own = withKernel(pkg, persona);
      recorded.set(own.name, { index, pkg: own });
    }
    this.#recorded = recorded;
    this.#list = [...recorded.values()]
      .map(({ pkg }) => ({
        name: pkg.name,
        version: pkg.version,
        architecture: pkg.architecture === "all" ? "all" : architecture,
        section: pkg.section,
        priority: pkg.priority,
        installedSize: pkg.size,
        summary: pkg.summary,
        maintainer: pkg.maintainer,
        source: pkg.source,
        depends: pkg.depends,
        manual: pkg.manual || !pkg.base,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  list(): readonly Package[] {
    return this.#list;
  }

  get(name: string): Package | undefined {
    const plain = name.replace(/:[a-z0-9]+$/, "");
    return this.#list.find((pkg) => pkg.name === plain);
  }

  #index(path: string): number | undefined {
    const kernel = this.#translate(RECORDED_KERNEL);
    let at = 0;
    for (const part of path.split("/").filter((one) => one !== "")) {
      const next = this.#release.tree.find(at, part.replaceAll(kernel, RECORDED_KERNEL));
      if (next === undefined) return undefined;
      at = next;
    }
    return at;
  }

  ownerOf(path: string): string | undefined {
    const { tree, packages } = this.#release;
    const asked = this.#index(path) ?? this.#index(`/usr${path}`);
    if (asked === undefined) return undefined;
    const aliased = /^\/(bin|sbin|lib|lib64)\//.test(path);
    if (tree.attribute(asked).kind !== "directory" && aliased !== tree.attribute(asked).unmerged)
      return undefined;
    for (const owner of tree.owners(asked)) {
      const name = this.#translate(packages[owner]?.name ?? "");
      if (this.#recorded.has(name)) return name;
    }
    return undefined;
  }

  filesOf(name: string): readonly string[] {
    const entry = this.#recorded.get(name);
    if (entry === undefined) return [];
    const { tree } = this.#release;
    const paths: string[] = ["/."];
    for (let index = 1; index < tree.count; index += 1) {
      if (!tree.owners(index).includes(entry.index)) continue;
      const path = this.#translate(tree.path(index));
      if (path.startsWith("/var/lib/dpkg/info/")) continue;
      paths.push(tree.attribute(index).unmerged ? path.replace(/^\/usr/, "") : path);
    }
    return paths.toSorted();
  }

  /** `/var/lib/dpkg/status` */
  status(): string {
    return [...this.#recorded.values()]
      .map(({ pkg }) => pkg)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((pkg) =>
        [
          `Package: ${pkg.name}`,
          "Status: install ok installed",
          `Priority: ${pkg.priority}`,
          `Section: ${pkg.section}`,
          `Installed-Size: ${String(pkg.size)}`,
          `Maintainer: ${pkg.maintainer}`,
          `Architecture: ${this.get(pkg.name)?.architecture ?? pkg.architecture}`,
          ...(pkg.multi === "" ? [] : [`Multi-Arch: ${pkg.multi}`]),
          ...(pkg.source === "" ? [] : [`Source: ${pkg.source}`]),
          `Version: ${pkg.version}`,
          ...(pkg.provides === "" ? [] : [`Provides: ${pkg.provides}`]),
          ...(pkg.depends === "" ? [] : [`Depends: ${pkg.depends}`]),
          `Description: ${pkg.summary}`,
          "",
          "",
        ].join("\n"),
      )
      .join("");
  }
}
