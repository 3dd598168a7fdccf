import type { ProgramContext } from "../command.ts";
import { fallbackProgram } from "../fallback.ts";

type Package = ReturnType<ProgramContext["model"]["packages"]["list"]>[number];

/** Questions by their option; each gets the first name, and all of them. */
const questions: Readonly<
  Record<string, (context: ProgramContext, names: readonly string[]) => Promise<number>>
> = {
  "-l": list,
  "--list": list,
  "-W": show,
  "--show": show,
  "-L": listFiles,
  "--listfiles": listFiles,
  "-S": search,
  "--search": search,
  "-s": status,
  "--status": status,
};

export async function dpkg(context: ProgramContext): Promise<number> {
  const [flag = "", ...names] = context.args;
  if (flag === "--print-architecture") {
    await context.out("amd64\n");
    return 0;
  }
  const ask = Object.hasOwn(questions, flag) ? questions[flag] : undefined;
  const askable = ask !== undefined && (names.length > 0 || ask === list || ask === show);
  return askable ? ask(context, names) : fallbackProgram(context.name).run(context);
}

function chosen(context: ProgramContext, names: readonly string[]): readonly Package[] | string {
  const found = context.model.packages
    .list()
    .filter((each) => names.length === 0 || names.includes(each.name));
  return names.length > 0 && found.length === 0
    ? `dpkg-query: no packages found matching ${names[0] ?? ""}`
    : found;
}

async function show(context: ProgramContext, names: readonly string[]): Promise<number> {
  const found = chosen(context, names);
  if (typeof found === "string") return context.fail(found);
  for (const each of found) await context.out(`${each.name}\t${each.version}\n`);
  return 0;
}

const listHead = `Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
`;

async function list(context: ProgramContext, names: readonly string[]): Promise<number> {
  const found = chosen(context, names);
  if (typeof found === "string") return context.fail(found);
  const name = Math.max(4, ...found.map((each) => each.name.length));
  const version = Math.max(7, ...found.map((each) => each.version.length));
  await context.out(
    `${listHead}||/ ${"Name".padEnd(name)} ${"Version".padEnd(version)} ${"Architecture".padEnd(12)} Description\n+++-${"=".repeat(name)}-${"=".repeat(version)}-============-${"=".repeat(40)}\n`,
  );
  for (const each of found)
    await context.out(
      `ii  ${each.name.padEnd(name)} ${each.version.padEnd(version)} ${each.architecture.padEnd(12)} ${each.summary}\n`,
    );
  return 0;
}

async function listFiles(context: ProgramContext, [name = ""]: readonly string[]): Promise<number> {
  const { packages } = context.model;
  if (packages.get(name) === undefined)
    return context.fail(
      `dpkg-query: package '${name}' is not installed\nUse dpkg --contents (= dpkg-deb --contents) to list archive files contents.`,
    );
  for (const path of packages.filesOf(name)) await context.out(`${path}\n`);
  return 0;
}

async function search(context: ProgramContext, [path = ""]: readonly string[]): Promise<number> {
  const owner = context.model.packages.ownerOf(path);
  if (owner === undefined) return context.fail(`dpkg-query: no path found matching pattern ${path}`);
  await context.out(`${owner}: ${path}\n`);
  return 0;
}

async function status(context: ProgramContext, [name = ""]: readonly string[]): Promise<number> {
  const found = context.model.packages.get(name);
  if (found === undefined)
    return context.fail(
      `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.`,
    );
  await context.out(`Package: ${found.name}
Status: install ok installed
Priority: ${found.priority}
Section: ${found.section}
Installed-Size: ${found.installedSize}
Maintainer: ${found.maintainer}
Architecture: ${found.architecture}
Version: ${found.version}
Depends: ${found.depends}
Description: ${found.summary}
`);
  return 0;
}
