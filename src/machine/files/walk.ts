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

/** What is left of a path, and where it has got to. */
class Course {
  folder: Located;
  parts: string[];
  mustBeFolder: boolean;
  readonly #start: Located;
  readonly #path: string;
  #links = 0;

  constructor(start: Located, path: string) {
    this.#start = start;
    this.#path = path;
    this.folder = start;
    this.parts = partsOf(path).toReversed();
    this.mustBeFolder = /\/\.{0,2}$/.test(path);
  }

  up(): void {
    this.folder = this.folder.parent ?? this.#start;
  }

  follow(target: string): void {
    this.#links += 1;
    if (this.#links > MAX_LINKS) throw new FsError("ELOOP", this.#path);
    if (this.parts.length === 0 && target.endsWith("/")) this.mustBeFolder = true;
    this.parts.push(...partsOf(target).toReversed());
    if (target.startsWith("/")) this.folder = this.#start;
  }

  /** The path ended at a folder: `/`, `..`, or a link to it. */
  end(): Place {
    const { folder } = this;
    return {
      parent: folder.parent ?? this.#start,
      name: folder.name,
      path: folder.path,
      found: folder,
      mustBeFolder: true,
    };
  }
}

function checkLengths(path: string): void {
  if (path === "") throw new FsError("ENOENT", path);
  if (Buffer.byteLength(path) >= MAX_PATH) throw new FsError("ENAMETOOLONG", path);
}

/** The entry of that name in the folder one has got to. */
function step(walker: Walker, folder: Located, name: string, path: string): Located | undefined {
  if (name.length > 63 && Buffer.byteLength(name) > MAX_NAME) throw new FsError("ENAMETOOLONG", path);
  const node = folder.node.lookup(name, walker.context);
  if (node === undefined) return undefined;
  return { node, name, path: pathIn(folder, name), parent: folder };
}

const pathIn = (folder: Located, name: string): string =>
  folder.path === "/" ? `/${name}` : `${folder.path}/${name}`;

/** Resolves a path as the kernel does; the last name need not exist. */
export function locate(walker: Walker, path: string, follow: boolean): Place {
  checkLengths(path);
  const course = new Course({ node: walker.root, name: "", path: "/", parent: undefined }, path);
  for (let name = course.parts.pop(); name !== undefined; name = course.parts.pop()) {
    const { folder, mustBeFolder } = course;
    enter(walker, folder, path);
    if (name === "..") {
      course.up();
      continue;
    }
    const found = step(walker, folder, name, path);
    const last = course.parts.length === 0;
    if (found?.node.kind === "symlink" && (!last || follow || mustBeFolder))
      course.follow(found.node.target(walker.context));
    else if (last)
      return arrived({ parent: folder, name, path: pathIn(folder, name), found, mustBeFolder }, path);
    else if (found === undefined) throw new FsError("ENOENT", path);
    else course.folder = found;
  }
  return course.end();
}

function arrived(place: Place, path: string): Place {
  if (place.found !== undefined && place.mustBeFolder && place.found.node.kind !== "directory")
    throw new FsError("ENOTDIR", path);
  return place;
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
