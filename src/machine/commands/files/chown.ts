import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { curly, eachOperand, hint, missingOperand } from "../operands.ts";
import { options } from "../options.ts";
import { walkTree } from "./tree.ts";

const isGroupOnly = (context: ProgramContext) => context.name === "chgrp";
const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined);

interface Owner {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly unknown?: "user" | "group" | undefined;
}

/** `user`, `user:group`, `:group` or numbers; for chgrp only a group. */
function newOwner(context: ProgramContext, spec: string): Owner {
  const { users } = context.world;
  const [user = "", group = ""] = isGroupOnly(context) ? ["", spec] : spec.split(/[:.]/, 2);
  const uid = user === "" ? undefined : (users.byName(user)?.uid ?? number(user));
  if (user !== "" && uid === undefined) return { unknown: "user" };
  const gid = group === "" ? undefined : (users.groupByName(group)?.gid ?? number(group));
  return group !== "" && gid === undefined ? { unknown: "group" } : { uid, gid };
}

async function chown(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "cfhvRHLP",
    long: {
      recursive: "R",
      "no-dereference": "h",
      verbose: "v",
      "reference=": "ref",
      silent: "f",
      quiet: "f",
      changes: "c",
    },
  });
  if (typeof parsed === "number") return parsed;
  const [spec, ...files] = parsed.rest;
  if (spec === undefined) return missingOperand(context);
  if (files.length === 0)
    return context.fail(`${context.argv0}: missing operand after ${curly(spec)}${hint(context)}`);
  const owner = newOwner(context, spec);
  if (owner.unknown !== undefined)
    return context.fail(`${context.argv0}: invalid ${owner.unknown}: ${curly(spec)}`);
  return eachOperand(files, (file) =>
    walkTree(context, file, parsed.has("R"), (_path, name) =>
      chownOne(context, name, owner, !parsed.has("h")),
    ),
  );
}

async function chownOne(
  context: ProgramContext,
  name: string,
  owner: Owner,
  follow: boolean,
): Promise<number> {
  const path = context.path(name);
  const { value: facts, error } = context.attempt(() => context.fs.lstat(path));
  if (error !== undefined)
    return context.fail(`${context.argv0}: cannot access ${quoteName(name)}: ${error}`);
  const changed = context.attempt(() => {
    context.fs.chown(path, owner.uid ?? facts.uid, owner.gid ?? facts.gid, { follow });
  });
  if (changed.error === undefined) return 0;
  const what = isGroupOnly(context) ? "group" : "ownership";
  return context.fail(`${context.argv0}: changing ${what} of ${quoteName(name)}: ${changed.error}`);
}

export const chownPrograms: readonly Program[] = [{ names: ["chown", "chgrp"], run: chown }];
