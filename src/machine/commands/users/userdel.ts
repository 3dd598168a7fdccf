import type { ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";
import { editLines } from "./account-files.ts";

export async function userdel(context: ProgramContext): Promise<number> {
  const name = context.args.find((arg) => !arg.startsWith("-"));
  if (name === undefined) return fallbackProgram("userdel").run(context);
  const account = context.world.users.byName(name);
  if (account === undefined)
    return context.fail(
      context.name === "deluser"
        ? `fatal: The user \`${name}' does not exist.`
        : `userdel: user '${name}' does not exist`,
      context.name === "deluser" ? 2 : 6,
    );
  if (context.uid !== 0)
    return context.fail("userdel: Permission denied.\nuserdel: cannot lock /etc/passwd; try again later.");
  for (const path of ["/etc/passwd", "/etc/shadow", "/etc/group"])
    editLines(context, path, (lines) => lines.filter((text) => !text.startsWith(`${name}:`)));
  if (context.args.some((arg) => /^-\w*r/.test(arg))) await context.spawn(["rm", "-rf", account.home]);
  return 0;
}
