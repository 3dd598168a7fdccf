import type { Program, ProgramContext } from "../command.ts";
import { curly } from "../operands.ts";
import { type Options, options } from "../options.ts";
import { plainAnswer } from "./plain-answer.ts";

interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly gids: readonly number[];
}

async function id(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "agGnruzZ",
    long: { group: "g", groups: "G", name: "n", real: "r", user: "u", zero: "z" },
  });
  if (typeof parsed === "number") return parsed;
  const name = parsed.rest[0];
  const identity = name === undefined ? ownIdentity(context) : identityOf(context, name);
  if (identity === undefined) return context.fail(`${context.argv0}: ${curly(name ?? "")}: no such user`);
  const part = onePart(context, identity, parsed);
  if (part === undefined && parsed.has("n"))
    return context.fail(`${context.argv0}: cannot print only names or real IDs in default format`);
  await context.out(`${part ?? wholeText(context, identity)}\n`);
  return 0;
}

function ownIdentity(context: ProgramContext): Identity {
  const { uid, gid, groups } = context.process.owner;
  return { uid, gid, gids: [...new Set([gid, ...groups])] };
}

/** Of a user's name or number. */
function identityOf(context: ProgramContext, name: string): Identity | undefined {
  const { users } = context.world;
  const account = users.byName(name) ?? (/^\d+$/.test(name) ? users.byUid(Number(name)) : undefined);
  if (account === undefined) return undefined;
  const { uid, gid } = account;
  return { uid, gid, gids: [...new Set([gid, ...users.gidsOf(account.name)])] };
}

const userName = (context: ProgramContext, uid: number) => context.world.users.byUid(uid)?.name;
const groupName = (context: ProgramContext, gid: number) => context.world.users.groupByGid(gid)?.name;

/** What `-u`, `-g` or `-G` asks for. */
function onePart(context: ProgramContext, identity: Identity, parsed: Options): string | undefined {
  const shown = (number: number, text: string | undefined) =>
    parsed.has("n") ? (text ?? String(number)) : String(number);
  const group = (gid: number) => shown(gid, groupName(context, gid));
  if (parsed.has("u")) return shown(identity.uid, userName(context, identity.uid));
  if (parsed.has("g")) return group(identity.gid);
  return parsed.has("G") ? identity.gids.map(group).join(" ") : undefined;
}

function wholeText(context: ProgramContext, { uid, gid, gids }: Identity): string {
  const both = (number: number, text: string | undefined) =>
    text === undefined ? String(number) : `${number}(${text})`;
  const group = (each: number) => both(each, groupName(context, each));
  return `uid=${both(uid, userName(context, uid))} gid=${group(gid)} groups=${gids.map(group).join(",")}`;
}

async function groups(context: ProgramContext): Promise<number> {
  const { users } = context.world;
  const text = (gids: readonly number[]) =>
    gids.map((gid) => users.groupByGid(gid)?.name ?? String(gid)).join(" ");
  if (context.args.length === 0)
    await context.out(
      `${text([...new Set([context.process.owner.gid, ...context.process.owner.groups])])}\n`,
    );
  for (const name of context.args) {
    if (users.byName(name) === undefined) return context.fail(`${context.argv0}: ‘${name}’: no such user`);
    await context.out(`${name} : ${text(users.gidsOf(name))}\n`);
  }
  return 0;
}

const whoami = plainAnswer((context) => userName(context, context.uid) ?? String(context.uid));
const ownName = plainAnswer((context) => context.process.owner.user);

function logname(context: ProgramContext): Promise<number> | number {
  if (context.process.tty === undefined) return context.fail(`${context.argv0}: no login name`);
  return ownName(context);
}

async function tty(context: ProgramContext): Promise<number> {
  const terminal = context.isTerminal(0);
  await context.out(terminal ? `/dev/${context.process.tty ?? "tty"}\n` : "not a tty\n");
  return terminal ? 0 : 1;
}

export const idPrograms: readonly Program[] = [
  { names: ["id"], run: id },
  { names: ["groups"], run: groups },
  { names: ["whoami"], run: whoami },
  { names: ["logname"], run: logname },
  { names: ["tty"], run: tty },
];
