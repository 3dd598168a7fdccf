import type { ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";
import { addMember, editEntry } from "./account-files.ts";

/** Fields of /etc/passwd that an option replaces. */
const passwdFields: Readonly<Record<string, number>> = {
  "-l": 0,
  "-u": 2,
  "-g": 3,
  "-c": 4,
  "-d": 5,
  "-s": 6,
};

export async function usermod(context: ProgramContext): Promise<number> {
  const name = context.args.at(-1) ?? "";
  if (context.args.length < 2) return fallbackProgram("usermod").run(context);
  if (context.world.users.byName(name) === undefined)
    return context.fail(`usermod: user '${name}' does not exist`, 6);
  if (context.uid !== 0)
    return context.fail("usermod: Permission denied.\nusermod: cannot lock /etc/passwd; try again later.");
  for (let at = 0; at < context.args.length - 2; at++)
    change(context, name, context.args[at] ?? "", context.args[at + 1] ?? "");
  return 0;
}

function change(context: ProgramContext, name: string, option: string, value: string): void {
  const field = passwdFields[option];
  if (field !== undefined)
    editEntry(context, { path: "/etc/passwd", name }, (fields) => fields.with(field, value));
  else if (option === "-p")
    editEntry(context, { path: "/etc/shadow", name }, (fields) => fields.with(1, value));
  else if (option === "-aG" || option === "-G")
    for (const group of value.split(",")) addMember(context, group, name);
}

export async function chsh(context: ProgramContext): Promise<number> {
  const at = context.args.indexOf("-s");
  const shell = at < 0 ? undefined : context.args[at + 1];
  const user =
    context.args.filter((arg, index) => !arg.startsWith("-") && index !== at + 1)[0] ??
    context.process.owner.user;
  const account = context.world.users.byName(user);
  if (account === undefined) return context.fail(`chsh: user '${user}' does not exist`);
  if (shell === undefined) {
    await context.out(
      `Changing the login shell for ${user}\nEnter the new value, or press ENTER for the default\n\tLogin Shell [${account.shell}]: `,
    );
    return 0;
  }
  if (context.stat(shell) === undefined) await context.err(`chsh: Warning: ${shell} does not exist\n`);
  editEntry(context, { path: "/etc/passwd", name: user }, (fields) => [...fields.slice(0, 6), shell]);
  return 0;
}
