import { FsError } from "../errors.ts";
import type { BaseNode, ReadContext } from "./base-node.ts";

/** An entry and how it was reached: real path, without links. */
export interface Located {
  readonly node: BaseNode;
  readonly name: string;
  readonly path: string;
  readonly parent: Located | undefined;
}

/** Where a new entry would go. */
export interface Place {
  readonly parent: Located;
  readonly name: string;
  readonly path: string;
  readonly found: Located | undefined;
  /** The path ended in a slash: only a folder will do. */
  readonly mustBeFolder: boolean;
}

const MAX_LINKS = 40;
const MAX_NAME = 255;
const MAX_PATH = 4096;

export type Permit = (node: BaseNode, want: number) => boolean;

export interface Walker {
  readonly root: BaseNode;
  readonly context: ReadContext;
  /** 4 read, 2 write, 1 execute. */
  readonly permits: Permit;
}

const partsOf = (path: string): string[] => path.split("/").filter((part) => part !== "" && part !== ".");

/** Resolves a path as the kernel does; the last name need not exist. */
export function locate(walker: Walker, path: string, follow: boolean): Place {
  if (path === "") throw new FsError("ENOENT", path);
  if (Buffer.byteLength(path) >= MAX_PATH) throw new FsError("ENAMETOOLONG", path);
  const start: Located = { node: walker.root, name: "", path: "/", parent: undefined };
  let folder = start;
  let parts = partsOf(path);
  let mustBeFolder = /\/\.{0,2}$/.test(path);
  let links = 0;
  for (let at = 0; at < parts.length; at += 1) {
    const name = parts[at] ?? "";
    const last = at === parts.length - 1;
    enter(walker, folder, path);
    if (name === "..") {
      folder = folder.parent ?? start;
      continue;
    }
    if (Buffer.byteLength(name) > MAX_NAME) throw new FsError("ENAMETOOLONG", path);
    const node = folder.node.lookup(name, walker.context);
    const childPath = folder.path === "/" ? `/${name}` : `${folder.path}/${name}`;
    if (node === undefined) {
      if (!last) throw new FsError("ENOENT", path);
      return { parent: folder, name, path: childPath, found: undefined, mustBeFolder };
    }
    const found: Located = { node, name, path: childPath, parent: folder };
    if (node.kind === "symlink" && (!last || follow || mustBeFolder)) {
      links += 1;
      if (links > MAX_LINKS) throw new FsError("ELOOP", path);
      const target = node.target(walker.context);
      const rest = parts.slice(at + 1);
      if (last && target.endsWith("/")) mustBeFolder = true;
      parts = [...partsOf(target), ...rest];
      if (target.startsWith("/")) folder = start;
      at = -1;
      continue;
    }
    if (last) {
      if (mustBeFolder && node.kind !== "directory") throw new FsError("ENOTDIR", path);
      return { parent: folder, name, path: childPath, found, mustBeFolder };
    }
    folder = found;
  }
  return {
    parent: folder.parent ?? start,
    name: folder.name,
    path: folder.path,
    found: folder,
    mustBeFolder: true,
  };
}

function enter(walker: Walker, folder: Located, path: string): void {
  if (folder.node.kind !== "directory") throw new FsError("ENOTDIR", path);
  if (!walker.permits(folder.node, 1)) throw new FsError("EACCES", path);
}

export function resolve(walker: Walker, path: string, follow: boolean): Located {
  const place = locate(walker, path, follow);
  if (place.found === undefined) throw new FsError("ENOENT", path);
  return place.found;
}
