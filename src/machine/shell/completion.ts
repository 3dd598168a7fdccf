import type { Completion } from "../terminal/line-editor.ts";
import { builtinNames } from "./builtins/names.ts";
import { errnoOf } from "./errors.ts";
import { byName } from "./glob.ts";
import type { ShellProcess } from "./shell-process.ts";

const MAX_CANDIDATES = 2000;

/** What Tab offers after this text: commands for a first word, else paths, users, variables. */
export function completeLine(sh: ShellProcess, before: string): Completion {
  const match = /(?:[^\s;|&()<>=:"'`\\]|\\.)*$/.exec(before);
  const word = match?.[0] ?? "";
  const start = before.length - word.length;
  const lead = before.slice(0, start);
  const first = /(^|[;|&(`]|\b(?:then|do|else|sudo|nohup|exec))\s*$/.test(lead);
  if (word.startsWith("$")) return { start, candidates: variables(sh, word) };
  if (word.startsWith("~") && !word.includes("/")) return { start, candidates: users(sh, word) };
  if (first && !word.includes("/")) return { start, candidates: commands(sh, word) };
  return { start, candidates: paths(sh, word, first || /(?:^|\s)cd\s+$/.test(lead)) };
}

type Candidates = Completion["candidates"];

function variables(sh: ShellProcess, word: string): Candidates {
  const brace = word.startsWith("${") ? "{" : "";
  const prefix = word.slice(1 + brace.length);
  return sh.vars
    .names()
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ text: `$${brace}${name}${brace === "" ? "" : "}"}`, suffix: " ", shown: `$${name}` }));
}

function users(sh: ShellProcess, word: string): Candidates {
  return sh.context.world.users
    .accounts()
    .filter((account) => account.name.startsWith(word.slice(1)))
    .map((account) => ({ text: `~${account.name}`, suffix: "/", shown: `~${account.name}` }));
}

function commands(sh: ShellProcess, word: string): Candidates {
  const names = new Set<string>([
    ...sh.state.aliases.keys(),
    ...sh.state.functions.keys(),
    ...builtinNames(sh.state.dialect),
  ]);
  if (word !== "")
    for (const word_ of [
      "if",
      "then",
      "while",
      "for",
      "do",
      "done",
      "case",
      "function",
      "select",
      "time",
      "until",
    ])
      names.add(word_);
  for (const folder of (sh.vars.get("PATH") ?? "").split(":")) {
    for (const name of entries(sh, folder)) if (name.startsWith(word)) names.add(name);
  }
  return [...names]
    .filter((name) => name.startsWith(word))
    .sort(byName)
    .slice(0, MAX_CANDIDATES)
    .map((name) => ({ text: name, suffix: " ", shown: name }));
}

function entries(sh: ShellProcess, path: string): readonly string[] {
  try {
    return sh.fs.readdir(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

function paths(sh: ShellProcess, word: string, directoriesOrPrograms: boolean): Candidates {
  const plain = word.replace(/\\(.)/g, "$1");
  const slash = plain.lastIndexOf("/");
  const folder = plain.slice(0, slash + 1);
  const name = plain.slice(slash + 1);
  const home = sh.vars.get("HOME") ?? "/";
  const real = folder === "" ? sh.cwd : sh.path(folder.replace(/^~(?=\/)/, home));
  return entries(sh, real)
    .filter((each) => each.startsWith(name) && (name.startsWith(".") || !each.startsWith(".")))
    .map((each) => ({ each, directory: isDirectory(sh, `${real}/${each}`) }))
    .filter(({ directory }) => !directoriesOrPrograms || directory || slash >= 0)
    .sort((a, b) => byName(a.each, b.each))
    .slice(0, MAX_CANDIDATES)
    .map(({ each, directory }) => ({
      text: (folder + each).replace(/[\s"'\\$&()[\]{}*?;<>|`!#]/g, "\\$&"),
      suffix: directory ? "/" : " ",
      shown: directory ? `${each}/` : each,
    }));
}

function isDirectory(sh: ShellProcess, path: string): boolean {
  try {
    return sh.fs.stat(path).kind === "directory";
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
