import type { Program, ProgramContext } from "../command.ts";

async function dmesg(context: ProgramContext): Promise<number> {
  if (context.uid !== 0) return context.fail("dmesg: read kernel buffer failed: Operation not permitted");
  const log = context.attempt(() => Buffer.from(context.fs.read("/var/log/dmesg")).toString("utf8"));
  if (log.error === undefined) await context.out(log.value);
  else
    await context.out(
      `[    0.000000] ${context.model.release.procVersion}\n[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-${context.model.release.uname.release} root=UUID=${context.model.hardware.disks.find((disk) => disk.mountpoint === "/")?.uuid ?? ""} ro quiet\n`,
    );
  return 0;
}

export const dmesgPrograms: readonly Program[] = [{ names: ["dmesg"], run: dmesg }];
