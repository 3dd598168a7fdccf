import type { Program, ProgramContext } from "../command.ts";

async function mount(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  const bad = context.args.find(
    (arg) =>
      arg.startsWith("--") && !/^--(bind|rbind|move|all|help|version|make-\w+|target|source|types)/.test(arg),
  );
  if (bad !== undefined)
    return context.fail(`mount: unrecognized option '${bad}'\nTry 'mount --help' for more information.`);
  const type = context.args.indexOf("-t");
  if (names.length === 0 || (type >= 0 && names.length === 1)) {
    for (const each of context.world.mounts())
      if (type < 0 || each.type === context.args[type + 1])
        await context.out(`${each.source} on ${each.target} type ${each.type} (${each.options})\n`);
    return 0;
  }
  if (context.uid !== 0) return context.fail("mount: only root can do that");
  const target = names.at(-1) ?? "";
  if (context.stat(target) === undefined)
    return context.fail(
      names.length === 1
        ? `mount: ${target}: can't find in /etc/fstab.`
        : `mount: ${target}: mount point does not exist.\n       dmesg(1) may have more information after failed mount system call.`,
      names.length === 1 ? 1 : 32,
    );
  return 0;
}

async function umount(context: ProgramContext): Promise<number> {
  const [name] = context.args.filter((arg) => !arg.startsWith("-"));
  if (name === undefined) return context.fail("umount: bad usage\nTry 'umount --help' for more information.");
  if (context.stat(name) === undefined) return context.fail(`umount: ${name}: no mount point specified.`, 32);
  const mounted = context.world.mounts().some((each) => each.target === name || each.source === name);
  return context.fail(`umount: ${name}: ${mounted ? "target is busy" : "not mounted"}.`, 32);
}

export const mountPrograms: readonly Program[] = [
  { names: ["mount"], run: mount },
  { names: ["umount"], run: umount },
];
