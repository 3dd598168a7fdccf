import type { ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";

type Act = (context: ProgramContext, names: readonly string[]) => Promise<number> | number;

const verbs: Readonly<Record<string, Act>> = {
  update,
  install: (context, names) => change(context, "install", names),
  remove: (context, names) => change(context, "remove", names),
  purge: (context, names) => change(context, "purge", names),
  upgrade,
  "dist-upgrade": upgrade,
  autoremove: upgrade,
  clean: () => 0,
  autoclean: () => 0,
};

/** `apt` and `apt-get`: this machine's archive is out of reach, its packages are what they are. */
export async function apt(context: ProgramContext): Promise<number> {
  const [verb, ...names] = context.args.filter((arg) => !arg.startsWith("-"));
  if (verb === undefined) return fallbackProgram(context.name).run(context);
  if (verb === "list" && context.args.includes("--installed")) return listInstalled(context);
  const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return act === undefined ? context.fail(`E: Invalid operation ${verb}`, 100) : act(context, names);
}

const sources = [
  { host: "deb.debian.org", path: "debian", suite: "bookworm" },
  { host: "deb.debian.org", path: "debian", suite: "bookworm-updates" },
  { host: "security.debian.org", path: "debian-security", suite: "bookworm-security" },
];

async function update(context: ProgramContext): Promise<number> {
  if (context.uid !== 0)
    return context.fail(
      "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/",
      100,
    );
  const named = sources.map(({ host, path, suite }) => `http://${host}/${path} ${suite} InRelease`);
  for (const [index, source] of named.entries()) {
    await context.sleep(index === 0 ? 10_000 : 1000);
    await context.out(`${context.name === "apt" ? "Ign" : "Err"}:${index + 1} ${source}\n`);
    await context.flush();
  }
  await context.sleep(20_000);
  for (const [index, { host }] of sources.entries())
    await context.out(`Err:${index + 1} ${named[index] ?? ""}\n  Temporary failure resolving '${host}'\n`);
  await context.out("Reading package lists... Done\n");
  if (context.name === "apt")
    await context.out(
      "Building dependency tree... Done\nReading state information... Done\nAll packages are up to date.\n",
    );
  for (const { host, path, suite } of sources)
    await context.err(
      `W: Failed to fetch http://${host}/${path}/dists/${suite}/InRelease  Temporary failure resolving '${host}'\n`,
    );
  await context.err(
    "W: Some index files failed to download. They have been ignored, or old ones used instead.\n",
  );
  return 0;
}

async function change(
  context: ProgramContext,
  verb: "install" | "remove" | "purge",
  names: readonly string[],
): Promise<number> {
  if (context.uid !== 0)
    return context.fail(
      "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?",
      100,
    );
  const terminal = context.isTerminal(1);
  if (context.name === "apt" && !terminal)
    await context.err(
      "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n",
    );
  const done = terminal ? "... Done" : "...";
  await context.out(
    `Reading package lists${done}\nBuilding dependency tree${done}\nReading state information${done}\n`,
  );
  const { packages } = context.model;
  const missing = names.filter((name) => packages.get(name) === undefined);
  if (verb === "install" && missing.length > 0) {
    for (const name of missing) await context.err(`E: Unable to locate package ${name}\n`);
    return 100;
  }
  for (const name of names) {
    const version = packages.get(name)?.version;
    if (version === undefined) await context.out(`Package '${name}' is not installed, so not removed\n`);
    else if (verb === "install") await context.out(`${name} is already the newest version (${version}).\n`);
  }
  await context.out("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n");
  return 0;
}

async function listInstalled(context: ProgramContext): Promise<number> {
  await context.out("Listing...\n");
  for (const each of context.model.packages.list())
    await context.out(
      `${each.name}/stable,now ${each.version} ${each.architecture} [installed${each.manual ? "" : ",automatic"}]\n`,
    );
  return 0;
}

async function upgrade(context: ProgramContext): Promise<number> {
  await context.out(
    "Reading package lists...\nBuilding dependency tree...\nReading state information...\nCalculating upgrade...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n",
  );
  return 0;
}
