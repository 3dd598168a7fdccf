import type { ProgramContext } from "../command.ts";
import { secret } from "./ask.ts";

export async function su(context: ProgramContext): Promise<number> {
  const commandAt = context.args.findIndex((arg) => arg === "-c" || arg === "--command");
  const command = commandAt < 0 ? undefined : context.args[commandAt + 1];
  const operands = context.args.filter(
    (arg, index) => !arg.startsWith("-") && !(commandAt >= 0 && index === commandAt + 1),
  );
  const user = operands[0] ?? "root";
  const login = context.args.some((arg) => arg === "-" || arg === "-l" || arg === "--login");
  const account = context.world.users.byName(user);
  if (account === undefined)
    return context.fail(
      `su: user ${user} does not exist or the user entry does not contain all the required fields`,
    );
  if (context.uid !== 0) {
    const password = await secret(context, "Password: ");
    await context.sleep(2000);
    if (password === undefined || !context.world.users.verify(user, password))
      return context.fail("su: Authentication failure");
  }
  if (/nologin|false/.test(account.shell)) return context.fail("This account is currently not available.");
  return become(context, user, {
    login,
    argv: command === undefined ? [account.shell, ...(login ? ["-l"] : [])] : [account.shell, "-c", command],
  });
}

async function become(
  context: ProgramContext,
  user: string,
  how: { readonly login: boolean; readonly argv: readonly string[] },
): Promise<number> {
  const account = context.world.users.byName(user);
  if (account === undefined) return 1;
  // `su -` keeps nothing but the kind of terminal.
  const kept = how.login ? new Set(["TERM", "LANG"]) : undefined;
  const env = new Map([...context.env].filter(([name]) => kept === undefined || kept.has(name)));
  env.set("HOME", account.home);
  env.set("SHELL", account.shell);
  if (user !== "root") {
    env.set("USER", user);
    env.set("LOGNAME", user);
  }
  if (how.login) {
    env.set("USER", user);
    env.set("LOGNAME", user);
    const { path } = context.model.release;
    env.set("PATH", account.uid === 0 ? path.root : path.user);
  }
  const status = await context.spawn(how.argv, {
    env,
    owner: { uid: account.uid, gid: account.gid, groups: context.world.users.gidsOf(user), user },
    ...(how.login ? { cwd: account.home } : {}),
  });
  return status === 127
    ? context.fail(`su: failed to execute ${how.argv[0] ?? ""}: No such file or directory`, 127)
    : status;
}
