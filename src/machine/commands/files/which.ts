import type { Program, ProgramContext } from "../command.ts";

async function which(context: ProgramContext): Promise<number> {
  let status = 0;
  const all = context.args.includes("-a");
  const names = context.args.filter((arg) => !/^-[as]+$/.test(arg));
  const bad = names.find((name) => name.startsWith("-"));
  if (bad !== undefined)
    return context.fail(`Illegal option ${bad.slice(0, 2)}\nUsage: ${context.argv0} [-as] args`, 2);
  if (names.length === 0) return 1;
  for (const name of names) {
    const candidates = name.includes("/")
      ? [name]
      : (context.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/${name}`);
    const found = candidates.filter(
      (path) => context.stat(path)?.kind === "file" && context.fs.access(context.path(path), "execute"),
    );
    if (found.length === 0) status = 1;
    for (const path of all ? found : found.slice(0, 1)) await context.out(`${path}\n`);
  }
  return status;
}

export const whichPrograms: readonly Program[] = [{ names: ["which", "which.debianutils"], run: which }];
