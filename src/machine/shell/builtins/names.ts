import type { Dialect } from "../state.ts";

const bashBuiltins =
  ". : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait".split(
    " ",
  );

const dashBuiltins =
  ". : [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs kill local printf pwd read readonly return set shift test times trap true type ulimit umask unalias unset wait".split(
    " ",
  );

const ashExtra = ["source", "let", "chdir", "help"];

const keywords = new Set(
  "if then else elif fi case esac for select while until do done in function time { } ! [[ ]] coproc".split(
    " ",
  ),
);

const special = new Set(
  ". : break continue eval exec exit export readonly return set shift times trap unset".split(" "),
);

export function builtinNames(dialect: Dialect): readonly string[] {
  if (dialect === "bash") return bashBuiltins;
  return dialect === "dash" ? dashBuiltins : [...dashBuiltins, ...ashExtra].sort();
}

export function isBuiltin(dialect: Dialect, name: string): boolean {
  return builtinNames(dialect).includes(name);
}

export function isKeyword(name: string): boolean {
  return keywords.has(name);
}

export function isSpecial(name: string): boolean {
  return special.has(name);
}
