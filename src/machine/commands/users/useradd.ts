import type { ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";
import { addMember, editLines } from "./account-files.ts";

interface Call {
  readonly name: string | undefined;
  /** By the letter of useradd's option. */
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
}

/** Options of useradd and adduser that stand for one letter; the others change nothing here. */
const longNames: Readonly<Record<string, string>> = {
  "home-dir": "d",
  home: "d",
  shell: "s",
  uid: "u",
  gid: "g",
  groups: "G",
  comment: "c",
  gecos: "c",
  password: "p",
  ingroup: "g",
  "create-home": "m",
  "non-unique": "o",
};
const takesValue = "dsugGcpekfKb";

function parseCall(args: readonly string[]): Call {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  let name: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (!arg.startsWith("-")) {
      name = arg;
      continue;
    }
    const long = /^--([\w-]+)(?:=(.*))?$/.exec(arg);
    const letters = long ? (longNames[long[1] ?? ""] ?? "") : arg.slice(1);
    const valued = Array.from(letters).findIndex((letter) => takesValue.includes(letter));
    for (const flag of valued < 0 ? letters : letters.slice(0, valued)) flags.add(flag);
    const attached = long ? long[2] : letters.slice(valued + 1) || undefined;
    if (valued >= 0) values.set(letters.charAt(valued), attached ?? args[++at] ?? "");
  }
  return { name, values, flags };
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** `useradd`, and `adduser`, which says what it does. */
export async function useradd(context: ProgramContext): Promise<number> {
  const call = parseCall(context.args);
  const { name } = call;
  if (name === undefined) return fallbackProgram("useradd").run(context);
  const refused = refusal(context, name);
  if (refused !== undefined) return context.fail(refused.text, refused.status);
  const account = accountOf(context, name, call);
  if (context.world.users.byUid(account.uid) !== undefined && !call.flags.has("o"))
    return context.fail(`useradd: UID ${account.uid} is not unique`, 4);
  register(context, account, call.values);
  if (call.flags.has("m") || context.name === "adduser") makeHome(context, account);
  if (context.name === "adduser") await context.out(report(account));
  context.login.observer.machineChange({
    kind: "user",
    path: "/etc/passwd",
    detail: `${name} ${account.uid}`,
  });
  return 0;
}

function refusal(
  context: ProgramContext,
  name: string,
): { readonly text: string; readonly status: number } | undefined {
  if (context.uid !== 0)
    return {
      text: `${context.name}: Permission denied.\n${context.name}: cannot lock /etc/passwd; try again later.`,
      status: 1,
    };
  if (context.world.users.byName(name) !== undefined)
    return context.name === "adduser"
      ? { text: `fatal: The user \`${name}' already exists.`, status: 1 }
      : { text: `useradd: user '${name}' already exists`, status: 9 };
  return /^[a-z_][a-z0-9_-]*\$?$/.test(name)
    ? undefined
    : { text: `useradd: invalid user name '${name}': use --badname to ignore`, status: 3 };
}

function accountOf(context: ProgramContext, name: string, { values }: Call): Account {
  const { users } = context.world;
  const uid = values.has("u") ? Number(values.get("u")) : nextUid(users.accounts());
  const group = values.get("g");
  return {
    name,
    uid,
    gid: group === undefined ? uid : (users.groupByName(group)?.gid ?? Number(group)),
    home: values.get("d") ?? `/home/${name}`,
    shell: values.get("s") ?? (context.name === "adduser" ? "/bin/bash" : "/bin/sh"),
  };
}

function nextUid(accounts: readonly { readonly uid: number }[]): number {
  const people = accounts.map((account) => account.uid).filter((uid) => uid < 60_000);
  return Math.max(999, ...people) + 1;
}

function register(context: ProgramContext, account: Account, values: Call["values"]): void {
  const { name, uid, gid, home, shell } = account;
  const append = (path: string, entry: string) => editLines(context, path, (lines) => [...lines, entry]);
  const today = Math.floor(context.world.now() / 86_400);
  append("/etc/passwd", `${name}:x:${uid}:${gid}:${values.get("c") ?? ""}:${home}:${shell}`);
  append("/etc/shadow", `${name}:${values.get("p") ?? "!"}:${today}:0:99999:7:::`);
  if (!values.has("g")) append("/etc/group", `${name}:x:${gid}:`);
  for (const group of (values.get("G") ?? "").split(",").filter((each) => each !== ""))
    addMember(context, group, name);
}

function makeHome(context: ProgramContext, { home, uid, gid }: Account): void {
  context.attempt(() => {
    context.fs.mkdir(home, 0o755);
    context.fs.chown(home, uid, gid);
  });
}

const report = ({ name, uid, gid, home }: Account) => `Adding user \`${name}' ...
Adding new group \`${name}' (${gid}) ...
Adding new user \`${name}' (${uid}) with group \`${name} (${gid})' ...
Creating home directory \`${home}' ...
Copying files from \`/etc/skel' ...
`;
