import type { Program, ProgramContext } from "../command.ts";

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

const categories = [
  "CTYPE",
  "NUMERIC",
  "TIME",
  "COLLATE",
  "MONETARY",
  "MESSAGES",
  "PAPER",
  "NAME",
  "ADDRESS",
  "TELEPHONE",
  "MEASUREMENT",
  "IDENTIFICATION",
];

async function localeProgram(context: ProgramContext): Promise<number> {
  if (context.args[0] === "-a") {
    await context.out("C\nC.utf8\nPOSIX\n");
    return 0;
  }
  const lang = context.env.get("LANG") ?? "";
  const rows = categories.map((name) => `LC_${name}="${lang === "" ? "POSIX" : lang}"\n`);
  await context.out(`LANG=${lang}\nLANGUAGE=\n${rows.join("")}LC_ALL=\n`);
  return 0;
}

export const releasePrograms: readonly Program[] = [
  { names: ["lsb_release"], run: lsbRelease },
  { names: ["locale"], run: localeProgram },
];
