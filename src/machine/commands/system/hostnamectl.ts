import type { ProgramContext } from "../command.ts";

export async function hostnamectl(context: ProgramContext): Promise<number> {
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
