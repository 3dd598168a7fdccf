import type { UnitFacts } from "../../model.ts";
import type { Program, ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";
import { localTime, strftime } from "../format.ts";

async function systemctl(context: ProgramContext): Promise<number> {
  const args = context.args.filter((arg) => !arg.startsWith("-"));
  const [verb = "list-units", ...names] = args;
  const { services } = context.world;
  if (/^(start|stop|restart|reload|enable|disable|mask|unmask)$/.test(verb))
    return act(context, verb as Verb, names);
  if (verb === "status" && names.length > 0) return status(context, names);
  if (verb === "is-active" || verb === "is-enabled") {
    let code = 0;
    for (const name of names) {
      const unit = services.get(name);
      const text = verb === "is-active" ? (unit?.active ?? "inactive") : unit?.enabled;
      if (text === undefined) {
        await context.err(
          `Failed to get unit file state for ${withSuffix(name)}: No such file or directory\n`,
        );
        code = 1;
      } else {
        await context.out(`${text}\n`);
        if (text !== "active" && text !== "enabled" && text !== "static") code = verb === "is-active" ? 3 : 1;
      }
    }
    return code;
  }
  if (verb === "daemon-reload" || verb === "daemon-reexec" || verb === "reset-failed") return 0;
  if (/^(reboot|poweroff|halt)$/.test(verb)) return goDown(context);
  if (verb === "cat" && names[0] !== undefined) return cat(context, names[0]);
  if (verb === "list-units" || verb === "status") return list(context);
  if (verb === "list-unit-files") return listFiles(context);
  return context.fail(`Unknown command verb ${verb}.`);
}

const withSuffix = (name: string) =>
  /\.(service|socket|timer|target|mount)$/.test(name) ? name : `${name}.service`;

type Verb = "start" | "stop" | "restart" | "reload" | "enable" | "disable" | "mask" | "unmask";

async function act(context: ProgramContext, verb: Verb, names: readonly string[]): Promise<number> {
  if (names.length === 0) return context.fail("Too few arguments.");
  if (context.uid !== 0)
    return context.fail(
      `Failed to ${verb} ${withSuffix(names[0] ?? "")}: Access denied\nSee system logs and 'systemctl status ${withSuffix(names[0] ?? "")}' for details.`,
      4,
    );
  let code = 0;
  for (const name of names) {
    await context.sleep(60 + Math.random() * 200);
    const result = context.world.services.act(name, verb);
    const unit = withSuffix(name);
    if (result === "not-found")
      code = await context.fail(
        /^(enable|disable|mask|unmask)$/.test(verb)
          ? `Failed to ${verb} unit: Unit file ${unit} does not exist.`
          : `Failed to ${verb} ${unit}: Unit ${unit} ${verb === "stop" ? "not loaded" : "not found"}.`,
        /able|mask/.test(verb) ? 1 : 5,
      );
    else if (result === "masked")
      code = await context.fail(`Failed to ${verb} ${unit}: Unit ${unit} is masked.`);
    else if (result === "failed")
      code = await context.fail(
        `Job for ${unit} failed because the control process exited with error code.\nSee "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.`,
      );
    else if (verb !== "start")
      context.login.observer.machineChange({ kind: "unit", path: unit, detail: verb });
  }
  return code;
}

async function status(context: ProgramContext, names: readonly string[]): Promise<number> {
  let code = 0;
  for (const name of names) {
    const unit = context.world.services.get(name);
    if (unit === undefined || unit.load === "not-found") {
      code = await context.fail(`Unit ${withSuffix(name)} could not be found.`, 4);
      continue;
    }
    const since = strftime("%a %Y-%m-%d %H:%M:%S %Z", localTime(context.world, unit.since));
    const age = context.world.now() - unit.since;
    const ago =
      age > 86_400 * 2
        ? `${Math.floor(age / 86_400)} days ago`
        : age > 3600
          ? `${Math.floor(age / 3600)}h ago`
          : `${Math.floor(age / 60)}min ago`;
    const dot = unit.active === "active" ? "●" : unit.active === "failed" ? "×" : "○";
    await context.out(
      `${dot} ${unit.name} - ${unit.description}\n     Loaded: ${unit.load} (${unit.path}; ${unit.enabled}; preset: ${unit.preset})\n     Active: ${unit.active} (${unit.sub})${unit.active === "inactive" ? "" : ` since ${since}; ${ago}`}\n`,
    );
    const main = unit.mainPid === undefined ? undefined : context.world.processes.get(unit.mainPid);
    if (main !== undefined)
      await context.out(
        `   Main PID: ${main.pid} (${main.comm})\n      Tasks: ${main.threads} (limit: ${Math.floor(context.model.persona.hardware.memoryMiB * 1.15)})\n     Memory: ${(main.rss / 1024).toFixed(1)}M\n        CPU: ${(context.world.processes.cpu(main.pid).seconds * 1000).toFixed(0)}ms\n     CGroup: /system.slice/${unit.name}\n             └─${main.pid} ${main.argv.join(" ")}\n`,
      );
    if (unit.active !== "active") code = 3;
  }
  return code;
}

async function list(context: ProgramContext): Promise<number> {
  const typeFlag = /--type[= ](\w+)|-t ?(\w+)/.exec(context.args.join(" "));
  const type = typeFlag?.[1] ?? typeFlag?.[2];
  const units = context.world.services
    .list()
    .filter(
      (unit) =>
        (type === undefined || unit.type === type) &&
        unit.active !== "inactive" &&
        (!context.args.join(" ").includes("running") || unit.sub === "running"),
    );
  await context.out(
    table([
      ["  UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"],
      ...units.map((unit: UnitFacts) => [
        `  ${unit.name}`,
        unit.load,
        unit.active,
        unit.sub,
        unit.description,
      ]),
    ]),
  );
  await context.out(
    `\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.\n${units.length} loaded units listed. Pass --all to see loaded but inactive units, too.\nTo show all installed unit files use 'systemctl list-unit-files'.\n`,
  );
  return 0;
}

async function listFiles(context: ProgramContext): Promise<number> {
  const units = context.world.services.list();
  await context.out(
    `${table([["UNIT FILE", "STATE", "PRESET"], ...units.map((unit) => [unit.name, unit.enabled, unit.preset])])}\n${units.length} unit files listed.\n`,
  );
  return 0;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(" ")}\n`,
    )
    .join("");
}

async function cat(context: ProgramContext, name: string): Promise<number> {
  const unit = context.world.services.get(name);
  if (unit === undefined) return context.fail(`No files found for ${withSuffix(name)}.`);
  const text = context.attempt(() => Buffer.from(context.fs.read(unit.path)).toString("utf8"));
  await context.out(`# ${unit.path}\n${text.value ?? ""}`);
  return 0;
}

async function service(context: ProgramContext): Promise<number> {
  const [name, verb] = context.args;
  if (name === "--status-all") {
    for (const unit of context.world.services.list().filter((each) => each.type === "service"))
      await context.out(
        ` [ ${unit.active === "active" ? "+" : "-"} ]  ${unit.name.replace(/\.service$/, "")}\n`,
      );
    return 0;
  }
  if (name === undefined || verb === undefined)
    return context.fail(
      "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]",
    );
  if (context.world.services.get(name) === undefined) return context.fail(`${name}: unrecognized service`, 1);
  return verb === "status" ? status(context, [name]) : act(context, verb as Verb, [name]);
}

async function goDown(context: ProgramContext): Promise<number> {
  if (context.uid !== 0)
    return context.fail(
      "Failed to set wall message, ignoring: Interactive authentication required.\nCall to Reboot failed: Interactive authentication required.",
    );
  await context.sleep(400);
  const { processes } = context.login;
  context.world.reboot();
  for (const process of processes.all()) process.deliver(9);
  return 0;
}

async function journalctl(context: ProgramContext): Promise<number> {
  const log = context.attempt(() => Buffer.from(context.fs.read("/var/log/syslog")).toString("utf8"));
  const auth =
    log.error === undefined
      ? log
      : context.attempt(() => Buffer.from(context.fs.read("/var/log/auth.log")).toString("utf8"));
  const count = /-n ?(\d+)/.exec(context.args.join(" "))?.[1];
  const lines = (auth.value ?? "").split("\n").filter((line) => line !== "");
  if (lines.length === 0) await context.out("-- No entries --\n");
  else await context.out(`${lines.slice(count === undefined ? 0 : -Number(count)).join("\n")}\n`);
  return 0;
}

async function hostnamectl(context: ProgramContext): Promise<number> {
  const { persona, release } = context.model;
  if (context.args[0] === "set-hostname" && context.args[1] !== undefined) {
    if (context.uid !== 0)
      return context.fail("Could not set static hostname: Interactive authentication required.");
    context.world.setHostname(context.args[1]);
    return 0;
  }
  const id = context.attempt(() => Buffer.from(context.fs.read("/etc/machine-id")).toString("utf8").trim());
  await context.out(
    ` Static hostname: ${context.world.hostname()}\n       Icon name: computer-server\n         Chassis: server 🖳\n      Machine ID: ${id.value ?? ""}\n         Boot ID: ${context.attempt(() => Buffer.from(context.fs.read("/proc/sys/kernel/random/boot_id")).toString("utf8").trim().replaceAll("-", "")).value ?? ""}\nOperating System: ${release.prettyName}\n          Kernel: Linux ${release.uname.release}\n    Architecture: ${release.uname.machine === "x86_64" ? "x86-64" : release.uname.machine}\n Hardware Vendor: ${persona.hardware.vendor}\n  Hardware Model: ${persona.hardware.product}\n`,
  );
  return 0;
}

async function dpkg(context: ProgramContext): Promise<number> {
  const { packages } = context.model;
  const [flag, ...names] = context.args;
  const name = context.name === "dpkg-query" && flag === "-W" ? undefined : names[0];
  if (flag === "-l" || flag === "--list" || flag === "-W") {
    const chosen = packages.list().filter((each) => names.length === 0 || names.includes(each.name));
    if (names.length > 0 && chosen.length === 0)
      return context.fail(`dpkg-query: no packages found matching ${names[0] ?? ""}`);
    if (flag === "-W") for (const each of chosen) await context.out(`${each.name}\t${each.version}\n`);
    else {
      await context.out(
        "Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n",
      );
      const widths = [
        Math.max(4, ...chosen.map((each) => each.name.length)),
        Math.max(7, ...chosen.map((each) => each.version.length)),
        12,
      ];
      await context.out(
        `||/ ${"Name".padEnd(widths[0] ?? 4)} ${"Version".padEnd(widths[1] ?? 7)} ${"Architecture".padEnd(12)} Description\n+++-${"=".repeat(widths[0] ?? 4)}-${"=".repeat(widths[1] ?? 7)}-============-${"=".repeat(40)}\n`,
      );
      for (const each of chosen)
        await context.out(
          `ii  ${each.name.padEnd(widths[0] ?? 4)} ${each.version.padEnd(widths[1] ?? 7)} ${each.architecture.padEnd(12)} ${each.summary}\n`,
        );
    }
    return 0;
  }
  if (flag === "-L" && name !== undefined) {
    if (packages.get(name) === undefined)
      return context.fail(
        `dpkg-query: package '${name}' is not installed\nUse dpkg --contents (= dpkg-deb --contents) to list archive files contents.`,
      );
    for (const path of packages.filesOf(name)) await context.out(`${path}\n`);
    return 0;
  }
  if ((flag === "-S" || flag === "--search") && name !== undefined) {
    const owner = packages.ownerOf(name);
    if (owner === undefined) return context.fail(`dpkg-query: no path found matching pattern ${name}`);
    await context.out(`${owner}: ${name}\n`);
    return 0;
  }
  if ((flag === "-s" || flag === "--status") && name !== undefined) {
    const found = packages.get(name);
    if (found === undefined)
      return context.fail(
        `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.`,
      );
    await context.out(
      `Package: ${found.name}\nStatus: install ok installed\nPriority: ${found.priority}\nSection: ${found.section}\nInstalled-Size: ${found.installedSize}\nMaintainer: ${found.maintainer}\nArchitecture: ${found.architecture}\nVersion: ${found.version}\nDepends: ${found.depends}\nDescription: ${found.summary}\n`,
    );
    return 0;
  }
  if (flag === "--print-architecture") {
    await context.out("amd64\n");
    return 0;
  }
  return fallbackProgram(context.name).run(context);
}

async function apt(context: ProgramContext): Promise<number> {
  const words = context.args.filter((arg) => !arg.startsWith("-"));
  const [verb, ...names] = words;
  const { packages } = context.model;
  if (verb === "update") {
    if (context.uid !== 0)
      return context.fail(
        "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/",
        100,
      );
    const sources = [
      "http://deb.debian.org/debian bookworm InRelease",
      "http://deb.debian.org/debian bookworm-updates InRelease",
      "http://security.debian.org/debian-security bookworm-security InRelease",
    ];
    for (const [index, source] of sources.entries()) {
      await context.sleep(index === 0 ? 10_000 : 1000);
      await context.out(`${context.name === "apt" ? "Ign" : "Err"}:${index + 1} ${source}\n`);
      await context.flush();
    }
    await context.sleep(20_000);
    for (const [index, source] of sources.entries())
      await context.out(
        `Err:${index + 1} ${source}\n  Temporary failure resolving '${/\/\/([^/]+)/.exec(source)?.[1] ?? ""}'\n`,
      );
    await context.out("Reading package lists... Done\n");
    if (context.name === "apt")
      await context.out(
        "Building dependency tree... Done\nReading state information... Done\nAll packages are up to date.\n",
      );
    for (const source of sources)
      await context.err(
        `W: Failed to fetch ${source.replace(/ (\S+) InRelease/, "/dists/$1/InRelease")}  Temporary failure resolving '${/\/\/([^/]+)/.exec(source)?.[1] ?? ""}'\n`,
      );
    await context.err(
      "W: Some index files failed to download. They have been ignored, or old ones used instead.\n",
    );
    return 0;
  }
  if (verb === "install" || verb === "remove" || verb === "purge") {
    if (context.uid !== 0)
      return context.fail(
        "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?",
        100,
      );
    if (context.name === "apt" && !context.isTerminal(1))
      await context.err(
        "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n",
      );
    await context.out(
      "Reading package lists...\nBuilding dependency tree...\nReading state information...\n".replaceAll(
        "...\n",
        context.isTerminal(1) ? "... Done\n" : "...\n",
      ),
    );
    const missing = names.filter((name) => packages.get(name) === undefined);
    if (verb === "install" && missing.length > 0) {
      for (const name of missing) await context.err(`E: Unable to locate package ${name}\n`);
      return 100;
    }
    for (const name of names)
      await context.out(
        packages.get(name) === undefined
          ? `Package '${name}' is not installed, so not removed\n`
          : verb === "install"
            ? `${name} is already the newest version (${packages.get(name)?.version ?? ""}).\n`
            : "",
      );
    await context.out("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n");
    return 0;
  }
  if (verb === "list" && context.args.includes("--installed")) {
    await context.out("Listing...\n");
    for (const each of packages.list())
      await context.out(
        `${each.name}/stable,now ${each.version} ${each.architecture} [installed${each.manual ? "" : ",automatic"}]\n`,
      );
    return 0;
  }
  if (
    verb === "upgrade" ||
    verb === "dist-upgrade" ||
    verb === "autoremove" ||
    verb === "clean" ||
    verb === "autoclean"
  ) {
    if (!/clean/.test(verb))
      await context.out(
        "Reading package lists...\nBuilding dependency tree...\nReading state information...\nCalculating upgrade...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n",
      );
    return 0;
  }
  if (verb !== undefined) return context.fail(`E: Invalid operation ${verb}`, 100);
  return fallbackProgram(context.name).run(context);
}

export const services: readonly Program[] = [
  { names: ["systemctl"], run: systemctl },
  { names: ["service"], run: service },
  { names: ["journalctl"], run: journalctl },
  { names: ["hostnamectl"], run: hostnamectl },
  { names: ["reboot", "shutdown", "poweroff", "halt", "telinit"], run: goDown },
  { names: ["dpkg", "dpkg-query"], run: dpkg },
  { names: ["apt", "apt-get"], run: apt },
];
