import type { ProgramContext } from "../command.ts";

const usage = `usage:\tcrontab [-u user] [-n] file
\tcrontab [ -u user ] [ -i ] { -e | -l | -r }

\t-h\t(displays this help message)

\tfile\t(default operation is replace, per 1003.2)
\t-n\t(dry run: checks the syntax, then bails out)
\t-u user\t(choose the user whose crontab is touched)

\t-e\t(edit user's crontab)
\t-l\t(list user's crontab)
\t-r\t(delete user's crontab)

\t-i\t(prompt before deleting user's crontab)
`;

interface Table {
  readonly user: string;
  readonly path: string;
}

export async function crontab(context: ProgramContext): Promise<number> {
  const at = context.args.indexOf("-u");
  const user = at < 0 ? context.process.owner.user : (context.args[at + 1] ?? "");
  const rest = context.args.filter((_arg, index) => at < 0 || (index !== at && index !== at + 1));
  const table: Table = { user, path: `/var/spool/cron/crontabs/${user}` };
  const bad = rest.find((arg) => arg.startsWith("-") && arg !== "-" && !/^-[lreinhs]$/.test(arg));
  if (bad !== undefined)
    return context.fail(
      `crontab: invalid option -- '${bad.replace(/^-+/, "")[0] ?? "-"}'\ncrontab: usage error: unrecognized option\n${usage}`,
    );
  if (rest.includes("-l")) return show(context, table);
  if (rest.includes("-r")) return remove(context, table);
  return rest.includes("-e") ? 0 : install(context, table, rest[0] ?? "-");
}

async function show(context: ProgramContext, { user, path }: Table): Promise<number> {
  const text = context.attempt(() => rootFiles(context).read(path));
  if (text.error !== undefined) return context.fail(`no crontab for ${user}`);
  const header = /^(# DO NOT EDIT[^\n]*\n)(#[^\n]*\n){2}/;
  await context.out(Buffer.from(text.value).toString("utf8").replace(header, ""));
  return 0;
}

async function remove(context: ProgramContext, { user, path }: Table): Promise<number> {
  const removed = context.attempt(() => {
    rootFiles(context).unlink(path);
  });
  return removed.error === undefined ? 0 : context.fail(`no crontab for ${user}`);
}

/** A comment, a nickname such as `@daily`, an assignment, or five fields and a command. */
const entry = /^\s*(#|@\w+\s+\S|\w+\s*=|(\S+\s+){5}\S)/;

async function install(context: ProgramContext, { path }: Table, source: string): Promise<number> {
  const opened = context.attempt(() => context.open(source));
  if (opened.error !== undefined) return context.fail(`${source}: ${opened.error}`);
  const text = await opened.value.text(262_144);
  const wrong = text.split("\n").findIndex((each) => each.trim() !== "" && !entry.test(each));
  if (wrong >= 0)
    return context.fail(`"${source}":${wrong + 1}: bad minute\nerrors in crontab file, can't install.`);
  const files = rootFiles(context);
  const written = context.attempt(() => {
    files.write(path, Buffer.from(text), { mode: 0o600 });
    files.closed(path);
  });
  return written.error === undefined ? 0 : context.fail(`${path}: ${written.error}`);
}

/** crontab is setgid: it writes where its caller cannot. */
function rootFiles(context: ProgramContext) {
  return context.world.filesOf({
    uid: 0,
    gid: 0,
    groups: [0],
    audit: { observer: context.login.observer, method: "shell", writer: "crontab", n: context.run.n },
  });
}
