import type { Program, ProgramContext } from "../command.ts";
import { localTime, strftime, two } from "../format.ts";
import { options } from "../options.ts";

const hint = (context: ProgramContext) => `\nTry '${context.argv0} --help' for more information.`;
const extra = (context: ProgramContext, operand: string) =>
  context.fail(`${context.argv0}: extra operand ‘${operand}’${hint(context)}`);

async function uname(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "asnrvmpio",
    long: {
      all: "a",
      "kernel-name": "s",
      nodename: "n",
      "kernel-release": "r",
      "kernel-version": "v",
      machine: "m",
      processor: "p",
      "hardware-platform": "i",
      "operating-system": "o",
    },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest[0] !== undefined) return extra(context, parsed.rest[0]);
  const { uname: facts } = context.model.release;
  const all = parsed.has("a");
  const want = (key: string) => all || parsed.has(key);
  const parts: string[] = [];
  if (want("s") || parsed.set.size === 0) parts.push(facts.sysname);
  if (want("n")) parts.push(context.world.hostname());
  if (want("r")) parts.push(facts.release);
  if (want("v")) parts.push(facts.version);
  if (want("m")) parts.push(facts.machine);
  if (parsed.has("p") && !all) parts.push(facts.processor);
  if (parsed.has("i") && !all) parts.push(facts.processor);
  if (want("o")) parts.push(facts.operatingSystem);
  await context.out(`${parts.join(" ")}\n`);
  return 0;
}

async function id(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "agGnruzZ",
    long: { group: "g", groups: "G", name: "n", real: "r", user: "u", zero: "z" },
  });
  if (typeof parsed === "number") return parsed;
  const { users } = context.world;
  const name = parsed.rest[0];
  const account =
    name === undefined
      ? undefined
      : (users.byName(name) ?? (/^\d+$/.test(name) ? users.byUid(Number(name)) : undefined));
  if (name !== undefined && account === undefined)
    return context.fail(`${context.argv0}: ‘${name}’: no such user`);
  const owner = context.process.owner;
  const uid = account?.uid ?? owner.uid;
  const gid = account?.gid ?? owner.gid;
  const gids = [...new Set([gid, ...(account === undefined ? owner.groups : users.gidsOf(account.name))])];
  const userName = users.byUid(uid)?.name;
  const groupName = (each: number) => users.groupByGid(each)?.name;
  const shown = (number: number, text: string | undefined) =>
    parsed.has("n") ? (text ?? String(number)) : String(number);
  if (parsed.has("u")) await context.out(`${shown(uid, userName)}\n`);
  else if (parsed.has("g")) await context.out(`${shown(gid, groupName(gid))}\n`);
  else if (parsed.has("G"))
    await context.out(`${gids.map((each) => shown(each, groupName(each))).join(" ")}\n`);
  else if (parsed.has("n"))
    return context.fail(`${context.argv0}: cannot print only names or real IDs in default format`);
  else {
    const both = (number: number, text: string | undefined) =>
      text === undefined ? String(number) : `${number}(${text})`;
    await context.out(
      `uid=${both(uid, userName)} gid=${both(gid, groupName(gid))} groups=${gids.map((each) => both(each, groupName(each))).join(",")}\n`,
    );
  }
  return 0;
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

async function hostname(context: ProgramContext): Promise<number> {
  const { world } = context;
  const flag = context.args.find((arg) => arg.startsWith("-"));
  const name = context.args.find((arg) => !arg.startsWith("-"));
  const addresses = world.network
    .interfaces()
    .filter((each) => !each.loopback)
    .flatMap((each) => each.addresses.map((address) => address.address))
    .filter((address) => !address.startsWith("fe80"));
  if (flag === undefined && name !== undefined) {
    if (context.uid !== 0) return context.fail("hostname: you must be root to change the host name");
    world.setHostname(name);
    return 0;
  }
  const { domain } = context.model.persona;
  const full = domain === "" ? world.hostname() : `${world.hostname()}.${domain}`;
  const answers: Readonly<Record<string, string>> = {
    "-I": `${addresses.join(" ")} `,
    "--all-ip-addresses": `${addresses.join(" ")} `,
    "-i": "127.0.1.1",
    "--ip-address": "127.0.1.1",
    "-f": full,
    "--fqdn": full,
    "--long": full,
    "-A": `${full} `,
    "-s": world.hostname().split(".")[0] ?? "",
    "--short": world.hostname(),
    "-d": domain,
  };
  if (flag === undefined) await context.out(`${world.hostname()}\n`);
  else {
    const answer = answers[flag];
    if (answer === undefined) {
      await context.err(
        flag.startsWith("--")
          ? `hostname: unrecognized option '${flag}'\n`
          : `hostname: invalid option -- '${flag[1] ?? ""}'\n`,
      );
      return context.fail(hostnameUsage, 4);
    }
    await context.out(answer === "" && flag === "-d" ? "" : `${answer}\n`);
  }
  return 0;
}

const hostnameUsage = `Usage: hostname [-b] {hostname|-F file}         set host name (from file)
       hostname [-a|-A|-d|-f|-i|-I|-s|-y]       display formatted name
       hostname                                 display host name

       {yp,nis,}domainname {nisdomain|-F file}  set NIS domain name (from file)
       {yp,nis,}domainname                      display NIS domain name

       dnsdomainname                            display dns domain name

       hostname -V|--version|-h|--help          print info and exit

Program name:
       {yp,nis,}domainname=hostname -y
       dnsdomainname=hostname -d

Program options:
    -a, --alias            alias names
    -A, --all-fqdns        all long host names (FQDNs)
    -b, --boot             set default hostname if none available
    -d, --domain           DNS domain name
    -f, --fqdn, --long     long host name (FQDN)
    -F, --file             read host name or NIS domain name from given file
    -i, --ip-address       addresses for the host name
    -I, --all-ip-addresses all addresses for the host
    -s, --short            short host name
    -y, --yp, --nis        NIS/YP domain name

Description:
   This command can get or set the host name or the NIS domain name. You can
   also get the DNS domain or the FQDN (fully qualified domain name).
   Unless you are using bind or NIS for host lookups you can change the
   FQDN (Fully Qualified Domain Name) and the DNS domain name (which is
   part of the FQDN) in the /etc/hosts file.
`;

async function date(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "d:f:I::Rr:s:u",
    long: {
      "date=": "d",
      "iso-8601?": "I",
      "rfc-email": "R",
      "rfc-3339=": "3",
      "reference=": "r",
      "set=": "s",
      utc: "u",
      universal: "u",
    },
  });
  if (typeof parsed === "number") return parsed;
  const { world } = context;
  let at = world.now();
  const text = parsed.value("d");
  if (text !== undefined) {
    const found = parseDate(context, text, at);
    if (found === undefined) return context.fail(`${context.argv0}: invalid date ‘${text}’`);
    at = found;
  }
  const set = parsed.value("s");
  if (set !== undefined) {
    const found = parseDate(context, set, at);
    if (found === undefined) return context.fail(`${context.argv0}: invalid date ‘${set}’`);
    if (context.uid !== 0) return context.fail(`${context.argv0}: cannot set date: Operation not permitted`);
    world.setClock(found);
    at = found;
  }
  const format = parsed.rest[0];
  if (format !== undefined && !format.startsWith("+"))
    return context.fail(`${context.argv0}: invalid date ‘${format}’`);
  const utc = parsed.has("u") || context.env.get("TZ")?.startsWith("UTC") === true;
  const style =
    format?.slice(1) ??
    (parsed.has("I")
      ? ({
          "": "%Y-%m-%d",
          seconds: "%Y-%m-%dT%H:%M:%S%:z",
          minutes: "%Y-%m-%dT%H:%M%:z",
          hours: "%Y-%m-%dT%H%:z",
        }[parsed.value("I") ?? ""] ?? "%Y-%m-%d")
      : parsed.has("R")
        ? "%a, %d %b %Y %H:%M:%S %z"
        : parsed.has("3")
          ? "%Y-%m-%d %H:%M:%S%:z"
          : "%a %b %e %H:%M:%S %Z %Y");
  await context.out(`${strftime(style, localTime(world, at, utc))}\n`);
  return 0;
}

function parseDate(context: ProgramContext, text: string, now: number): number | undefined {
  if (/^@-?\d+(\.\d+)?$/.test(text)) return Number(text.slice(1));
  if (text === "" || text === "now" || text === "today") return now;
  const words: Readonly<Record<string, number>> = { yesterday: -86_400, tomorrow: 86_400 };
  const shift = words[text];
  if (shift !== undefined) return now + shift;
  const relative = /^([+-]?\d+) ?(second|sec|minute|min|hour|day|week|month|year)s?( ago)?$/.exec(text);
  if (relative) {
    const unit =
      {
        second: 1,
        sec: 1,
        minute: 60,
        min: 60,
        hour: 3600,
        day: 86_400,
        week: 604_800,
        month: 2_592_000,
        year: 31_536_000,
      }[relative[2] ?? ""] ?? 1;
    return now + Number(relative[1]) * unit * (relative[3] === undefined ? 1 : -1);
  }
  const parsed = Date.parse(`${/:/.test(text) ? text : `${text} 00:00:00`} UTC`);
  return Number.isNaN(parsed) ? undefined : parsed / 1000 - context.model.zone(parsed / 1000).offset;
}

/** `up 12 days,  3:04` */
export function upText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const head = days === 0 ? "" : `${days} day${days === 1 ? "" : "s"}, `;
  return `up ${head}${hours === 0 ? `${minutes} min` : `${String(hours).padStart(2)}:${two(minutes)}`}`;
}

export function uptimeLine(context: ProgramContext): string {
  const { world } = context;
  const users = world.logins.current().length;
  const load = world
    .loadAverage()
    .map((value) => value.toFixed(2))
    .join(", ");
  return ` ${strftime("%H:%M:%S", localTime(world, world.now()))} ${upText(world.uptime())}, ${String(users).padStart(2)} user${users === 1 ? "" : "s"},  load average: ${load}\n`;
}

async function uptime(context: ProgramContext): Promise<number> {
  const { world } = context;
  const flag = context.args[0];
  if (flag === "-s" || flag === "--since")
    await context.out(`${strftime("%Y-%m-%d %H:%M:%S", localTime(world, world.now() - world.uptime()))}\n`);
  else if (flag === "-p" || flag === "--pretty") {
    const seconds = world.uptime();
    const parts = [
      [Math.floor(seconds / 604_800), "week"],
      [Math.floor((seconds % 604_800) / 86_400), "day"],
      [Math.floor((seconds % 86_400) / 3600), "hour"],
      [Math.floor((seconds % 3600) / 60), "minute"],
    ] as const;
    await context.out(
      `up ${parts
        .filter(([count]) => count > 0)
        .map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`)
        .join(", ")}\n`,
    );
  } else if (flag !== undefined)
    return context.fail(
      `${flag.startsWith("--") ? `uptime: unrecognized option '${flag}'` : `uptime: invalid option -- '${flag[1] ?? ""}'`}\n\nUsage:\n uptime [options]\n\nOptions:\n -p, --pretty   show uptime in pretty format\n -h, --help     display this help and exit\n -s, --since    system up since\n -V, --version  output version information and exit\n\nFor more details see uptime(1).`,
    );
  else await context.out(uptimeLine(context));
  return 0;
}

async function who(context: ProgramContext): Promise<number> {
  const { world } = context;
  if (context.args[0] === "-b")
    await context.out(
      `         system boot  ${strftime("%Y-%m-%d %H:%M", localTime(world, world.now() - world.uptime()))}\n`,
    );
  else
    for (const login of world.logins.current()) {
      const from = login.from === "" ? "" : ` (${login.from})`;
      await context.out(
        `${login.user.padEnd(8)} ${login.tty.padEnd(12)} ${strftime("%Y-%m-%d %H:%M", localTime(world, login.login))}${from}\n`,
      );
    }
  return 0;
}

async function w(context: ProgramContext): Promise<number> {
  const { world } = context;
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  if (!context.args.includes("-h"))
    await context.out(
      `${uptimeLine(context)}USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n`,
    );
  for (const login of world.logins.current()) {
    if (names.length > 0 && !names.includes(login.user)) continue;
    const at = localTime(world, login.login);
    const today = world.now() - login.login < 86_400;
    const shell = world.processes
      .list()
      .filter((process) => process.tty === login.tty && process.argv.length > 0)
      .at(-1);
    const own = login.tty === context.process.tty;
    const what = own ? [context.argv0, ...context.args].join(" ") : (shell?.argv.join(" ") ?? "-");
    await context.out(
      `${login.user.padEnd(8).slice(0, 8)} ${login.tty.padEnd(8)} ${(login.from === "" ? "-" : login.from).padEnd(16).slice(0, 16)} ${strftime(today ? "%H:%M" : "%d%b%y", at).padEnd(7)}  ${own ? "0.00s" : "1:12  "}  0.0${2 + (login.pid % 7)}s  0.0${login.pid % 3}s ${what}\n`,
    );
  }
  return 0;
}

async function last(context: ProgramContext): Promise<number> {
  const { world } = context;
  const bad = context.name === "lastb";
  if (bad && context.uid !== 0) return context.fail("lastb: cannot open /var/log/btmp: Permission denied");
  const countFlag = /-n? ?(\d+)/.exec(context.args.join(" "))?.[1];
  const records = (bad ? world.logins.failures() : world.logins.history()).slice(
    0,
    countFlag === undefined ? 500 : Number(countFlag),
  );
  for (const record of records) {
    const at = localTime(world, record.login);
    const start = strftime("%a %b %e %H:%M", at);
    const boot = record.kind === "boot";
    const user = boot ? "reboot" : record.user;
    const tty = boot ? "system boot" : record.tty;
    const from = boot ? context.model.release.uname.release : record.from;
    const seconds = (record.logout ?? world.now()) - record.login;
    const length = `(${seconds >= 86_400 ? `${Math.floor(seconds / 86_400)}+` : ""}${two(Math.floor((seconds % 86_400) / 3600))}:${two(Math.floor((seconds % 3600) / 60))})`;
    const end =
      record.logout === undefined
        ? boot
          ? "  still running"
          : record.end === undefined || record.end === "gone"
            ? "  still logged in"
            : `- ${record.end}   ${length}`
        : `- ${strftime("%H:%M", localTime(world, record.logout))}  ${length.padStart(8)}`;
    await context.out(
      `${user.padEnd(8).slice(0, 8)} ${tty.padEnd(12)} ${from.padEnd(16).slice(0, 16)} ${start} ${end}\n`,
    );
    await context.tick();
  }
  const oldest = records.at(-1)?.login ?? context.model.bootTime;
  await context.out(
    `\n${bad ? "btmp" : "wtmp"} begins ${strftime("%a %b %e %H:%M:%S %Y", localTime(world, oldest))}\n`,
  );
  return 0;
}

async function getent(context: ProgramContext): Promise<number> {
  const [database, ...keys] = context.args;
  const files: Readonly<Record<string, string>> = {
    passwd: "/etc/passwd",
    group: "/etc/group",
    shadow: "/etc/shadow",
    hosts: "/etc/hosts",
    services: "/etc/services",
    protocols: "/etc/protocols",
  };
  const path = files[database ?? ""];
  if (database === undefined)
    return context.fail(
      "getent: wrong number of arguments\nTry `getent --help' or `getent --usage' for more information.",
      1,
    );
  if (path === undefined)
    return context.fail(
      `Unknown database: ${database}\nTry \`getent --help' or \`getent --usage' for more information.`,
      1,
    );
  const text = context.attempt(() => Buffer.from(context.fs.read(path)).toString("utf8"));
  const lines = (text.value ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (database === "hosts") {
    const rows = lines.map((line) => line.trim().split(/\s+/));
    const wanted =
      keys.length === 0
        ? rows
        : keys.flatMap((key) =>
            rows
              .filter((row) => row.includes(key))
              .toSorted((a, b) => Number(b[0]?.includes(":")) - Number(a[0]?.includes(":")))
              .slice(0, 1),
          );
    for (const [address = "", ...names] of wanted)
      await context.out(`${address.padEnd(15)} ${names.join(" ")}\n`);
    return wanted.length > 0 ? 0 : 2;
  }
  const wanted =
    keys.length === 0
      ? lines
      : lines.filter(
          (line) => keys.includes(line.split(":")[0] ?? "") || keys.includes(line.split(":")[2] ?? ""),
        );
  for (const line of wanted) await context.out(`${line}\n`);
  return wanted.length > 0 ? 0 : 2;
}

async function env(context: ProgramContext): Promise<number> {
  const next = new Map(context.env);
  let at = 0;
  for (; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    if (arg === "-i" || arg === "-" || arg === "--ignore-environment") next.clear();
    else if (arg === "-u") next.delete(context.args[++at] ?? "");
    else if (arg === "--") {
      at += 1;
      break;
    } else if (arg.startsWith("-"))
      return context.fail(
        `${context.argv0}: ${arg.startsWith("--") ? `unrecognized option '${arg}'` : `invalid option -- '${arg[1] ?? ""}'`}${hint(context)}`,
        125,
      );
    else if (/^[^=]+=/.test(arg)) next.set(arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1));
    else break;
  }
  const argv = context.args.slice(at);
  if (argv.length === 0) {
    for (const [name, value] of next) await context.out(`${name}=${value}\n`);
    return 0;
  }
  const status = await context.spawn(argv, { env: next });
  return status === 127 && context.launcher.programs.find(argv[0]?.split("/").at(-1) ?? "") === undefined
    ? context.fail(`${context.argv0}: ‘${argv[0] ?? ""}’: No such file or directory`, 127)
    : status;
}

async function printenv(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  if (names.length === 0) for (const [name, value] of context.env) await context.out(`${name}=${value}\n`);
  for (const name of names) {
    const value = context.env.get(name);
    if (value === undefined) return 1;
    await context.out(`${value}\n`);
  }
  return 0;
}

async function nproc(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "", long: { all: "all", "ignore=": "i" } });
  if (typeof parsed === "number") return parsed;
  await context.out(`${Math.max(1, context.model.hardware.cpus.length - Number(parsed.value("i") ?? 0))}\n`);
  return 0;
}

async function lsbRelease(context: ProgramContext): Promise<number> {
  const { osRelease, prettyName } = context.model.release;
  const short = context.args.some((arg) => /^-\w*s/.test(arg));
  const wants = (letter: string) => context.args.some((arg) => new RegExp(`^-\\w*[${letter}a]`).test(arg));
  if (!/./.test(context.args.join(""))) return context.fail("No LSB modules are available.", 0);
  if (wants("v") || context.args.includes("-a")) await context.err("No LSB modules are available.\n");
  const rows = [
    ["i", "Distributor ID", osRelease["ID"] === "debian" ? "Debian" : (osRelease["NAME"] ?? "")],
    ["d", "Description", prettyName],
    ["r", "Release", osRelease["VERSION_ID"] ?? ""],
    ["c", "Codename", osRelease["VERSION_CODENAME"] ?? ""],
  ] as const;
  for (const [letter, label, value] of rows)
    if (wants(letter)) await context.out(short ? `${value}\n` : `${label}:\t${value}\n`);
  return 0;
}

async function localeProgram(context: ProgramContext): Promise<number> {
  if (context.args[0] === "-a") await context.out("C\nC.utf8\nPOSIX\n");
  else {
    const lang = context.env.get("LANG") ?? "";
    await context.out(
      `LANG=${lang}\nLANGUAGE=\n${["CTYPE", "NUMERIC", "TIME", "COLLATE", "MONETARY", "MESSAGES", "PAPER", "NAME", "ADDRESS", "TELEPHONE", "MEASUREMENT", "IDENTIFICATION"].map((name) => `LC_${name}="${lang === "" ? "POSIX" : lang}"\n`).join("")}LC_ALL=\n`,
    );
  }
  return 0;
}

const say =
  (text: (context: ProgramContext) => string): Program["run"] =>
  async (context) => {
    if (context.args[0] !== undefined && !context.args[0].startsWith("-"))
      return extra(context, context.args[0]);
    await context.out(`${text(context)}\n`);
    return 0;
  };

export const system: readonly Program[] = [
  { names: ["uname"], run: uname },
  { names: ["arch"], run: say((context) => context.model.release.uname.machine) },
  { names: ["id"], run: id },
  {
    names: ["whoami"],
    run: say((context) => context.world.users.byUid(context.uid)?.name ?? String(context.uid)),
  },
  {
    names: ["logname"],
    run: (context) =>
      context.process.tty === undefined
        ? context.fail(`${context.argv0}: no login name`)
        : say(() => context.process.owner.user)(context),
  },
  {
    names: ["tty"],
    run: async (context) =>
      context.isTerminal(0)
        ? (await context.out(`/dev/${context.process.tty ?? "tty"}\n`), 0)
        : (await context.out("not a tty\n"), 1),
  },
  { names: ["groups"], run: groups },
  { names: ["hostname"], run: hostname },
  { names: ["date"], run: date },
  { names: ["uptime"], run: uptime },
  { names: ["who"], run: who },
  {
    names: ["users"],
    run: say((context) =>
      context.world.logins
        .current()
        .map((login) => login.user)
        .join(" "),
    ),
  },
  { names: ["w"], run: w },
  { names: ["last", "lastb"], run: last },
  { names: ["getent"], run: getent },
  { names: ["env"], run: env },
  { names: ["printenv"], run: printenv },
  { names: ["nproc"], run: nproc },
  { names: ["lsb_release"], run: lsbRelease },
  { names: ["locale"], run: localeProgram },
];
