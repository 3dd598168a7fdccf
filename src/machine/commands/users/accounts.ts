import type { Program, ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";

/** Asks on the terminal without echo, else takes a line of standard input, as PAM does. */
async function secret(context: ProgramContext, prompt: string): Promise<string | undefined> {
  const { tty } = context.login;
  // Off before the prompt shows: who sees it may already type.
  if (tty !== undefined && context.isTerminal(0)) tty.modes.echo = false;
  await context.err(prompt);
  let text: string | undefined;
  if (context.isTerminal(0) && tty !== undefined) {
    try {
      text = await tty.readSecret(context.process.signal);
    } finally {
      tty.modes.echo = true;
    }
  } else text = await line(context);
  if (text !== undefined)
    context.login.observer.shellInput({
      reader: context.name,
      prompt,
      text: text.slice(0, 4096),
      secret: true,
    });
  return text;
}

async function line(context: ProgramContext): Promise<string | undefined> {
  const bytes: number[] = [];
  while (bytes.length < 4096) {
    const byte = await context.stdin.read(1);
    if (byte === undefined) return bytes.length === 0 ? undefined : Buffer.from(bytes).toString("utf8");
    if (byte[0] === 10) return Buffer.from(bytes).toString("utf8");
    bytes.push(byte[0] ?? 0);
  }
  return undefined;
}

async function passwd(context: ProgramContext): Promise<number> {
  const option = context.args.find((arg) => arg.startsWith("-"));
  if (option !== undefined && !/^-[dleSu]$/.test(option)) {
    await context.err(
      option.startsWith("--")
        ? `passwd: unrecognized option '${option}'\n`
        : `passwd: invalid option -- '${option[1] ?? ""}'\n`,
    );
    const usage = await usageOf(context);
    await context.err(usage);
    return 6;
  }
  const user = context.args.find((arg) => !arg.startsWith("-")) ?? context.process.owner.user;
  if (context.world.users.byName(user) === undefined)
    return context.fail(`passwd: user '${user}' does not exist`, 1);
  if (context.uid !== 0 && user !== context.process.owner.user)
    return context.fail(`passwd: You may not view or modify password information for ${user}.`, 1);
  if (option === "-S") {
    await context.out(
      `${user} ${/^[*!]/.test(context.world.users.shadowHash(user) ?? "!") ? "L" : "P"} ${new Date(context.model.persona.installedAt * 1000).toISOString().slice(0, 10)} 0 99999 7 -1\n`,
    );
    return 0;
  }
  if (context.uid !== 0) {
    await context.err(`Changing password for ${user}.\n`);
    const current = await secret(context, "Current password: ");
    if (current === undefined || !context.world.users.verify(user, current))
      return context.fail("passwd: Authentication token manipulation error\npasswd: password unchanged", 10);
  }
  const first = await secret(context, "New password: ");
  const second = first === undefined ? undefined : await secret(context, "Retype new password: ");
  if (first === undefined || first === "" || second === undefined)
    return context.fail(
      "Password change has been aborted.\npasswd: Authentication token manipulation error\npasswd: password unchanged",
      10,
    );
  if (first !== second)
    return context.fail(
      "Sorry, passwords do not match.\npasswd: Authentication token manipulation error\npasswd: password unchanged",
      10,
    );
  context.world.users.setPassword(user, first);
  await context.err("passwd: password updated successfully\n");
  return 0;
}

async function usageOf(context: ProgramContext): Promise<string> {
  const { default: recorded } = await import("../recorded/debian-12-usage.json", { with: { type: "json" } });
  const entry = (recorded.programs as unknown as Record<string, { help?: [string, string, number] }>)[
    context.name
  ];
  return entry?.help?.[0] ?? "";
}

async function chpasswd(context: ProgramContext): Promise<number> {
  if (context.uid !== 0)
    return context.fail(
      "chpasswd: Permission denied.\nchpasswd: cannot lock /etc/passwd; try again later.",
      1,
    );
  let number = 0;
  for (let text = await line(context); text !== undefined; text = await line(context)) {
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

function edit(
  context: ProgramContext,
  path: string,
  change: (lines: string[]) => string[],
): string | undefined {
  return context.attempt(() => {
    const text = Buffer.from(context.fs.read(path)).toString("utf8");
    context.fs.write(path, Buffer.from(`${change(text.replace(/\n$/, "").split("\n")).join("\n")}\n`));
    context.fs.closed(path);
  }).error;
}

async function useradd(context: ProgramContext): Promise<number> {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  let name: string | undefined;
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    const long =
      /^--(home-dir|shell|uid|gid|groups|comment|password|home|gecos|ingroup|disabled-password|create-home|system|non-unique)(?:=(.*))?$/.exec(
        arg,
      );
    const letter = long
      ? ({
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
        }[long[1] ?? ""] ?? "x")
      : arg.slice(1, 2);
    if (!arg.startsWith("-")) name = arg;
    else if ("dsugGcpekfKb".includes(letter))
      values.set(letter, long?.[2] ?? (arg.length > 2 && !long ? arg.slice(2) : (context.args[++at] ?? "")));
    else for (const each of long ? letter : arg.slice(1)) flags.add(each);
  }
  if (name === undefined) return fallbackProgram("useradd").run(context);
  const { users } = context.world;
  if (context.uid !== 0)
    return context.fail(
      `${context.name}: Permission denied.\n${context.name}: cannot lock /etc/passwd; try again later.`,
    );
  if (users.byName(name) !== undefined)
    return context.fail(
      context.name === "adduser"
        ? `fatal: The user \`${name}' already exists.`
        : `useradd: user '${name}' already exists`,
      context.name === "adduser" ? 1 : 9,
    );
  if (!/^[a-z_][a-z0-9_-]*\$?$/.test(name))
    return context.fail(`useradd: invalid user name '${name}': use --badname to ignore`, 3);
  const uid = values.has("u")
    ? Number(values.get("u"))
    : Math.max(
        999,
        ...users
          .accounts()
          .map((account) => account.uid)
          .filter((each) => each < 60_000),
      ) + 1;
  if (users.byUid(uid) !== undefined && !flags.has("o"))
    return context.fail(`useradd: UID ${uid} is not unique`, 4);
  const gid = values.has("g")
    ? (users.groupByName(values.get("g") ?? "")?.gid ?? Number(values.get("g")))
    : uid;
  const home = values.get("d") ?? `/home/${name}`;
  const shell = values.get("s") ?? (context.name === "adduser" ? "/bin/bash" : "/bin/sh");
  edit(context, "/etc/passwd", (lines) => [
    ...lines,
    `${name}:x:${uid}:${gid}:${values.get("c") ?? ""}:${home}:${shell}`,
  ]);
  edit(context, "/etc/shadow", (lines) => [
    ...lines,
    `${name}:${values.get("p") ?? "!"}:${Math.floor(context.world.now() / 86_400)}:0:99999:7:::`,
  ]);
  if (!values.has("g")) edit(context, "/etc/group", (lines) => [...lines, `${name}:x:${gid}:`]);
  for (const group of (values.get("G") ?? "").split(",").filter((each) => each !== ""))
    addMember(context, group, name);
  if (flags.has("m") || context.name === "adduser") {
    context.attempt(() => {
      context.fs.mkdir(home, 0o755);
      context.fs.chown(home, uid, gid);
    });
  }
  if (context.name === "adduser")
    await context.out(
      `Adding user \`${name}' ...\nAdding new group \`${name}' (${gid}) ...\nAdding new user \`${name}' (${uid}) with group \`${name} (${gid})' ...\nCreating home directory \`${home}' ...\nCopying files from \`/etc/skel' ...\n`,
    );
  context.login.observer.machineChange({ kind: "user", path: "/etc/passwd", detail: `${name} ${uid}` });
  return 0;
}

function addMember(context: ProgramContext, group: string, name: string): void {
  edit(context, "/etc/group", (lines) =>
    lines.map((text) => {
      if (!text.startsWith(`${group}:`)) return text;
      const members = (text.split(":")[3] ?? "").split(",").filter((each) => each !== "" && each !== name);
      return `${text.split(":").slice(0, 3).join(":")}:${[...members, name].join(",")}`;
    }),
  );
}

async function usermod(context: ProgramContext): Promise<number> {
  const name = context.args.at(-1) ?? "";
  const account = context.world.users.byName(name);
  if (context.args.length < 2) return fallbackProgram("usermod").run(context);
  if (account === undefined) return context.fail(`usermod: user '${name}' does not exist`, 6);
  if (context.uid !== 0)
    return context.fail("usermod: Permission denied.\nusermod: cannot lock /etc/passwd; try again later.");
  for (let at = 0; at < context.args.length - 2; at++) {
    const arg = context.args[at] ?? "";
    const value = context.args[at + 1] ?? "";
    const field = { "-s": 6, "-d": 5, "-c": 4, "-g": 3, "-u": 2, "-l": 0 }[arg];
    if (field !== undefined)
      edit(context, "/etc/passwd", (lines) =>
        lines.map((text) =>
          text.startsWith(`${name}:`)
            ? text
                .split(":")
                .map((part, index) => (index === field ? value : part))
                .join(":")
            : text,
        ),
      );
    else if (arg === "-aG" || arg === "-G")
      for (const group of value.split(",")) addMember(context, group, name);
    else if (arg === "-p")
      edit(context, "/etc/shadow", (lines) =>
        lines.map((text) =>
          text.startsWith(`${name}:`)
            ? text
                .split(":")
                .map((part, index) => (index === 1 ? value : part))
                .join(":")
            : text,
        ),
      );
  }
  return 0;
}

async function chsh(context: ProgramContext): Promise<number> {
  const at = context.args.indexOf("-s");
  const shell = at < 0 ? undefined : context.args[at + 1];
  const user =
    context.args.filter((arg, index) => !arg.startsWith("-") && index !== at + 1)[0] ??
    context.process.owner.user;
  if (context.world.users.byName(user) === undefined)
    return context.fail(`chsh: user '${user}' does not exist`);
  if (shell === undefined) {
    await context.out(
      `Changing the login shell for ${user}\nEnter the new value, or press ENTER for the default\n\tLogin Shell [${context.world.users.byName(user)?.shell ?? ""}]: `,
    );
    return 0;
  }
  if (context.stat(shell) === undefined) await context.err(`chsh: Warning: ${shell} does not exist\n`);
  edit(context, "/etc/passwd", (lines) =>
    lines.map((text) =>
      text.startsWith(`${user}:`) ? [...text.split(":").slice(0, 6), shell].join(":") : text,
    ),
  );
  return 0;
}

async function userdel(context: ProgramContext): Promise<number> {
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
    edit(context, path, (lines) => lines.filter((text) => !text.startsWith(`${name}:`)));
  if (context.args.some((arg) => /^-\w*r/.test(arg))) await context.spawn(["rm", "-rf", account.home]);
  return 0;
}

async function crontab(context: ProgramContext): Promise<number> {
  const usage =
    "usage:\tcrontab [-u user] [-n] file\n\tcrontab [ -u user ] [ -i ] { -e | -l | -r }\n\n\t-h\t(displays this help message)\n\n\tfile\t(default operation is replace, per 1003.2)\n\t-n\t(dry run: checks the syntax, then bails out)\n\t-u user\t(choose the user whose crontab is touched)\n\n\t-e\t(edit user's crontab)\n\t-l\t(list user's crontab)\n\t-r\t(delete user's crontab)\n\n\t-i\t(prompt before deleting user's crontab)\n";
  const at = context.args.indexOf("-u");
  const user = at < 0 ? context.process.owner.user : (context.args[at + 1] ?? "");
  const rest = context.args.filter((_arg, index) => at < 0 || (index !== at && index !== at + 1));
  const path = `/var/spool/cron/crontabs/${user}`;
  const bad = rest.find((arg) => arg.startsWith("-") && arg !== "-" && !/^-[lreinhs]$/.test(arg));
  if (bad !== undefined)
    return context.fail(
      `crontab: invalid option -- '${bad.replace(/^-+/, "")[0] ?? "-"}'\ncrontab: usage error: unrecognized option\n${usage}`.replace(
        /\n$/,
        "",
      ),
    );
  if (rest.includes("-l")) {
    const text = context.attempt(() => rootFiles(context).read(path));
    if (text.error !== undefined) return context.fail(`no crontab for ${user}`);
    await context.out(
      Buffer.from(text.value)
        .toString("utf8")
        .replace(/^(# DO NOT EDIT[^\n]*\n)(#[^\n]*\n){2}/, ""),
    );
    return 0;
  }
  if (rest.includes("-r")) {
    const removed = context.attempt(() => {
      rootFiles(context).unlink(path);
    });
    return removed.error === undefined ? 0 : context.fail(`no crontab for ${user}`);
  }
  if (rest.includes("-e")) return 0;
  const source = rest[0] ?? "-";
  const opened = context.attempt(() => context.open(source));
  if (opened.error !== undefined) return context.fail(`${source}: ${opened.error}`);
  const text = await opened.value.text(262_144);
  const wrong = text
    .split("\n")
    .findIndex((each) => each.trim() !== "" && !/^\s*(#|@\w+\s+\S|\w+\s*=|(\S+\s+){5}\S)/.test(each));
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

async function su(context: ProgramContext): Promise<number> {
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
  const env = new Map(context.env);
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

async function sudo(context: ProgramContext): Promise<number> {
  let user = "root";
  let at = 0;
  let shell = false;
  let list = false;
  let stdin = false;
  let quiet = false;
  for (; (context.args[at] ?? "").startsWith("-"); at++) {
    const arg = context.args[at] ?? "";
    if (arg === "-u") user = context.args[++at] ?? user;
    else if (arg === "-i" || arg === "-s") shell = true;
    else if (arg === "-l") list = true;
    else if (arg === "-S") stdin = true;
    else if (arg === "-n") quiet = true;
    else if (arg === "-k" || arg === "-K" || arg === "-v") return 0;
    else if (arg === "-V") {
      await context.out("Sudo version 1.9.13p3\n");
      return 0;
    }
  }
  const argv = context.args
    .slice(at)
    .filter(
      (arg, index, all) => !(/^\w+=/.test(arg) && all.slice(0, index).every((each) => /^\w+=/.test(each))),
    );
  if (argv.length === 0 && !shell && !list) return fallbackProgram("sudo").run(context);
  const me = context.process.owner.user;
  const allowed =
    context.uid === 0 ||
    context.process.owner.groups.some((gid) => context.world.users.groupByGid(gid)?.name === "sudo");
  if (context.uid !== 0) {
    if (quiet) return context.fail("sudo: a password is required");
    const password = await secret(context, stdin ? "" : `[sudo] password for ${me}: `);
    if (password === undefined)
      return context.fail(
        "sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required",
      );
    if (!context.world.users.verify(me, password)) {
      await context.sleep(2000);
      return context.fail(
        "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt",
      );
    }
    if (!allowed) return context.fail(`${me} is not in the sudoers file.`);
  }
  if (list) {
    await context.out(
      `Matching Defaults entries for ${me} on ${context.world.hostname()}:\n    env_reset, mail_badpass, secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin, use_pty\n\nUser ${me} may run the following commands on ${context.world.hostname()}:\n    (ALL : ALL) ALL\n`,
    );
    return 0;
  }
  if (context.world.users.byName(user) === undefined)
    return context.fail(`sudo: unknown user ${user}\nsudo: error initializing audit plugin sudoers_audit`);
  const target =
    shell && argv.length === 0
      ? [context.world.users.byName(user)?.shell ?? "/bin/bash"]
      : shell
        ? ["/bin/bash", "-c", argv.join(" ")]
        : argv;
  const owner = {
    uid: context.world.users.byName(user)?.uid ?? 0,
    gid: context.world.users.byName(user)?.gid ?? 0,
    groups: context.world.users.gidsOf(user),
    user,
  };
  const env = new Map(context.env)
    .set("USER", user)
    .set("LOGNAME", user)
    .set("HOME", context.world.users.byName(user)?.home ?? "/root")
    .set("SUDO_USER", me)
    .set("SUDO_UID", String(context.uid))
    .set("SUDO_COMMAND", target.join(" "));
  const status = await context.spawn(target, { env, owner });
  return status === 127 && context.launcher.programs.find(target[0]?.split("/").at(-1) ?? "") === undefined
    ? context.fail(`sudo: ${target[0] ?? ""}: command not found`)
    : status;
}

export const accounts: readonly Program[] = [
  { names: ["passwd"], run: passwd },
  { names: ["chpasswd"], run: chpasswd },
  { names: ["useradd", "adduser"], run: useradd },
  { names: ["userdel", "deluser"], run: userdel },
  { names: ["usermod"], run: usermod },
  { names: ["chsh"], run: chsh },
  { names: ["crontab"], run: crontab },
  { names: ["su"], run: su },
  { names: ["sudo"], run: sudo },
];
