import { byName } from "../../shell/glob.ts";
import type { ProgramContext } from "../command.ts";
import { eachOperand } from "../operands.ts";

/** Acts on a name and, when `recursive`, on all below it. @returns the last status that was not 0 */
export async function walkTree(
  context: ProgramContext,
  name: string,
  recursive: boolean,
  act: (path: string, name: string) => Promise<number>,
): Promise<number> {
  await context.tick();
  const path = context.path(name);
  const status = await act(path, name);
  if (!recursive || context.lstat(name)?.kind !== "directory") return status;
  const names = context.attempt(() => context.fs.readdir(path)).value ?? [];
  const below = await eachOperand([...names].sort(byName), (child) =>
    walkTree(context, `${name.replace(/\/$/, "")}/${child}`, recursive, act),
  );
  return below || status;
}
