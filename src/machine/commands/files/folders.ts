import { normalPath } from "../../shell/host.ts";
import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { curly, eachOperand, missingOperand } from "../operands.ts";
import { options } from "../options.ts";
import { applyMode } from "./mode-text.ts";

/** Runs `act` for each operand; `complaint` says what could not be done. */
function attemptEach(
  context: ProgramContext,
  names: readonly string[],
  complaint: (name: string) => string,
  act: (path: string) => void,
): Promise<number> {
  return eachOperand(names, async (name) => {
    await context.tick();
    const { error } = context.attempt(() => {
      act(context.path(name));
    });
    return error === undefined ? 0 : context.fail(`${context.argv0}: ${complaint(name)}: ${error}`);
  });
}

async function mkdir(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "m:pvZ",
    long: { "mode=": "m", parents: "p", verbose: "v" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return missingOperand(context);
  const mode = parsed.has("m") ? applyMode(parsed.value("m") ?? "", 0o777, true, context.umask) : undefined;
  const complaint = (name: string) => `cannot create directory ${curly(name)}`;
  return attemptEach(context, parsed.rest, complaint, (path) => {
    if (parsed.has("p")) makeParents(context, path);
    else context.fs.mkdir(path);
    if (mode !== undefined) context.fs.chmod(path, mode);
  });
}

export function makeParents(context: ProgramContext, path: string): void {
  let at = "";
  const parts = normalPath(path).split("/");
  for (const part of parts.filter((each) => each !== "")) {
    at += `/${part}`;
    if (context.stat(at)?.kind !== "directory") context.fs.mkdir(at);
  }
}

async function rmdir(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "pv",
    long: { parents: "p", verbose: "v", "ignore-fail-on-non-empty": "i" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return missingOperand(context);
  const complaint = (name: string) => `failed to remove ${quoteName(name)}`;
  return attemptEach(context, parsed.rest, complaint, (path) => {
    context.fs.rmdir(path);
  });
}

export const folderPrograms: readonly Program[] = [
  { names: ["mkdir"], run: mkdir },
  { names: ["rmdir"], run: rmdir },
];
