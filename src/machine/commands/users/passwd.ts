import type { ProgramContext } from "../command.ts";
import { inputLine, secret } from "./ask.ts";

export async function passwd(context: ProgramContext): Promise<number> {
  const option = context.args.find((arg) => arg.startsWith("-"));
  if (option !== undefined && !/^-[dleSu]$/.test(option)) return badOption(context, option);
  const user = context.args.find((arg) => !arg.startsWith("-")) ?? context.process.owner.user;
  const refused = refusal(context, user);
  if (refused !== undefined) return context.fail(`passwd: ${refused}`);
  if (option === "-S") return showStatus(context, user);
  if (context.uid !== 0 && !(await knowsPassword(context, user))) return context.fail(unchanged, 10);
  const chosen = await chosenPassword(context);
  if ("problem" in chosen) return context.fail(`${chosen.problem}\n${unchanged}`, 10);
  context.world.users.setPassword(user, chosen.password);
  await context.err("passwd: password updated successfully\n");
  return 0;
}

const unchanged = "passwd: Authentication token manipulation error\npasswd: password unchanged";

async function badOption(context: ProgramContext, option: string): Promise<number> {
  const problem = option.startsWith("--")
    ? `unrecognized option '${option}'`
    : `invalid option -- '${option[1] ?? ""}'`;
  await context.err(`passwd: ${problem}\n${await usageOf(context)}`);
  return 6;
}

function refusal(context: ProgramContext, user: string): string | undefined {
  if (context.world.users.byName(user) === undefined) return `user '${user}' does not exist`;
  return context.uid !== 0 && user !== context.process.owner.user
    ? `You may not view or modify password information for ${user}.`
    : undefined;
}

async function showStatus(context: ProgramContext, user: string): Promise<number> {
  const state = /^[*!]/.test(context.world.users.shadowHash(user) ?? "!") ? "L" : "P";
  const changed = new Date(context.model.persona.installedAt * 1000).toISOString().slice(0, 10);
  await context.out(`${user} ${state} ${changed} 0 99999 7 -1\n`);
  return 0;
}

async function knowsPassword(context: ProgramContext, user: string): Promise<boolean> {
  await context.err(`Changing password for ${user}.\n`);
  const current = await secret(context, "Current password: ");
  return current !== undefined && context.world.users.verify(user, current);
}

async function chosenPassword(
  context: ProgramContext,
): Promise<{ readonly password: string } | { readonly problem: string }> {
  const first = await secret(context, "New password: ");
  const second = first === undefined ? undefined : await secret(context, "Retype new password: ");
  if (first === undefined || first === "" || second === undefined)
    return { problem: "Password change has been aborted." };
  return first === second ? { password: first } : { problem: "Sorry, passwords do not match." };
}

async function usageOf(context: ProgramContext): Promise<string> {
  const { default: recorded } = await import("../recorded/debian-12-usage.json", { with: { type: "json" } });
  const entry = (recorded.programs as unknown as Record<string, { help?: [string, string, number] }>)[
    context.name
  ];
  return entry?.help?.[0] ?? "";
}

export async function chpasswd(context: ProgramContext): Promise<number> {
  if (context.uid !== 0)
    return context.fail(
      "chpasswd: Permission denied.\nchpasswd: cannot lock /etc/passwd; try again later.",
      1,
    );
  let number = 0;
  for (let text = await inputLine(context); text !== undefined; text = await inputLine(context)) {
    number += 1;
    const at = text.indexOf(":");
    const user = text.slice(0, at);
    if (at < 0)
      return context.fail(
        `chpasswd: line ${number}: missing new password\nchpasswd: error detected, changes ignored`,
      );
    if (context.world.users.byName(user) === undefined)
      return context.fail(
        `chpasswd: line ${number}: user '${user}' does not exist\nchpasswd: error detected, changes ignored`,
      );
    context.world.users.setPassword(user, text.slice(at + 1));
  }
  return 0;
}
