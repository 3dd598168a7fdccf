import type { PackedTree } from "../release/packed-tree.ts";

const FOLDER = "/etc/alternatives/";
const MERGED = /^\/(?=(?:bin|sbin|lib|lib64)\/)/;

/** The entry at a path of the release, the merged folders of which lie below `/usr`. */
function find(tree: PackedTree, path: string): number | undefined {
  let at: number | undefined = 0;
  for (const part of path.replace(MERGED, "/usr/").split("/").slice(1))
    at = at === undefined ? undefined : tree.find(at, part);
  return at;
}

/**
 * What the links of update-alternatives point to on a machine that lacks some of the recorded packages:
 * it leaves no link to what is not installed, and no link to such a link.
 *
 * @param secondChoices base name of a program → the one that stands in for it
 * @returns target by entry; undefined = the link is not there
 */
export function settleAlternatives(
  tree: PackedTree,
  secondChoices: ReadonlyMap<string, string>,
  isVisible: (index: number) => boolean,
): ReadonlyMap<number, string | undefined> {
  const isThere = (path: string): boolean => {
    let at = find(tree, path);
    while (at !== undefined && at !== 0) {
      if (!isVisible(at)) return false;
      at = tree.parent(at);
    }
    return at !== undefined;
  };
  const choice = (target: string): string | undefined => {
    if (isThere(target)) return target;
    const cut = target.lastIndexOf("/") + 1;
    const [name = "", ...rest] = target.slice(cut).split(".");
    const second = secondChoices.get(name);
    const other = second === undefined ? undefined : target.slice(0, cut) + [second, ...rest].join(".");
    return other !== undefined && isThere(other) ? other : undefined;
  };
  const settled = new Map<number, string | undefined>();
  const links: number[] = [];
  for (let index = 0; index < tree.count; index += 1) {
    if (tree.attribute(index).kind !== "symlink") continue;
    if (tree.target(index).startsWith(FOLDER)) links.push(index);
    else if (tree.path(index).startsWith(FOLDER)) settled.set(index, choice(tree.target(index)));
  }
  for (const index of links) {
    const target = tree.target(index);
    const at = find(tree, target);
    settled.set(index, at !== undefined && settled.get(at) !== undefined ? target : undefined);
  }
  return settled;
}
