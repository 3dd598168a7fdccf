import type { ProgramContext } from "../command.ts";
import { type OptionSpec, type Options, parseOptions } from "../options.ts";
import { secret } from "./ask.ts";

const sudoOptions: OptionSpec = {
  short: "+AbBC:D:EeHhiKklNnPp:R:r:SsT:t:U:u:g:Vv",
  long: {
    "user=": "u",
    "group=": "g",
    "prompt=": "p",
    login: "i",
    shell: "s",
    list: "l",
    stdin: "S",
    "non-interactive": "n",
    "preserve-env?": "E",
    "set-home": "H",
    "reset-timestamp": "k",
    "remove-timestamp": "K",
    validate: "v",
    version: "V",
    help: "h",
    background: "b",
    edit: "e",
  },
};

interface Call {
  readonly set: Options;
  /** `NAME=value` before the command. */
  readonly assignments: readonly (readonly [name: string, value: string])[];
  readonly command: readonly string[];
  /** Who the command becomes. */
  readonly user: string;
  readonly shell: boolean;
}

function callOf(set: Options): Call {
  const assigned = set.rest.findIndex((arg) => !/^\w+=/.test(arg));
  const from = assigned < 0 ? set.rest.length : assigned;
  return {
    set,
    assignments: set.rest.slice(0, from).map((arg) => {
      const at = arg.indexOf("=");
      return [arg.slice(0, at), arg.slice(at + 1)] as const;
    }),
    command: set.rest.slice(from),
    user: set.value("u") ?? "root",
    shell: set.has("i") || set.has("s"),
  };
}

export async function sudo(context: ProgramContext): Promise<number> {
  const parsed = parseOptions(context.args, sudoOptions);
  if ("error" in parsed) {
    await context.err(`${context.argv0}: ${parsed.error}\n`);
    return showUsage(context);
  }
  const call = callOf(parsed.ok);
  const { set, command } = call;
  if (set.has("V")) {
    await context.out("Sudo version 1.9.13p3\n");
    return 0;
  }
  const timestampOnly = set.has("k") || set.has("K") || set.has("v");
  if (command.length === 0 && timestampOnly) return 0;
  if (command.length === 0 && !call.shell && !set.has("l")) return showUsage(context);
  const refused = await refusal(context, call);
  if (refused !== undefined) return context.fail(refused);
  return set.has("l") ? listRights(context) : run(context, call);
}

async function showUsage(context: ProgramContext): Promise<number> {
  const { default: recorded } = await import("../recorded/debian-12-usage.json", { with: { type: "json" } });
  await context.err(String(recorded.programs.sudo.none[1]));
  return 1;
}

/** Asks for the caller's password. @returns what stands in the way */
async function refusal(context: ProgramContext, { set }: Call): Promise<string | undefined> {
  if (context.uid === 0) return undefined;
  if (set.has("n")) return "sudo: a password is required";
  const { users } = context.world;
  const { user: me, groups } = context.process.owner;
  const password = await secret(context, set.has("S") ? "" : `[sudo] password for ${me}: `);
  if (password === undefined)
    return "sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required";
  if (!users.verify(me, password)) {
    await context.sleep(2000);
    return "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt";
  }
  return groups.some((gid) => users.groupByGid(gid)?.name === "sudo")
    ? undefined
    : `${me} is not in the sudoers file.`;
}

async function listRights(context: ProgramContext): Promise<number> {
  const me = context.process.owner.user;
  const host = context.world.hostname();
  await context.out(
    `Matching Defaults entries for ${me} on ${host}:\n    env_reset, mail_badpass, secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin, use_pty\n\nUser ${me} may run the following commands on ${host}:\n    (ALL : ALL) ALL\n`,
  );
  return 0;
}

async function run(context: ProgramContext, call: Call): Promise<number> {
  const account = context.world.users.byName(call.user);
  if (account === undefined)
    return context.fail(
      `sudo: unknown user ${call.user}\nsudo: error initializing audit plugin sudoers_audit`,
    );
  const target = targetOf(call, account.shell);
  const env = new Map([...context.env, ...call.assignments])
    .set("USER", call.user)
    .set("LOGNAME", call.user)
    .set("HOME", account.home)
    .set("SUDO_USER", context.process.owner.user)
    .set("SUDO_UID", String(context.uid))
    .set("SUDO_COMMAND", target.join(" "));
  const owner = {
    uid: account.uid,
    gid: account.gid,
    groups: context.world.users.gidsOf(call.user),
    user: call.user,
  };
  const status = await context.spawn(target, { env, owner });
  const name = target[0] ?? "";
  return status === 127 && context.launcher.programs.find(name.split("/").at(-1) ?? "") === undefined
    ? context.fail(`sudo: ${name}: command not found`)
    : status;
}

function targetOf({ command, shell }: Call, login: string): readonly string[] {
  if (!shell) return command;
  return command.length === 0 ? [login] : ["/bin/bash", "-c", command.join(" ")];
}
