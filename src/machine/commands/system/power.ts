import type { ProgramContext } from "../command.ts";

export async function goDown(context: ProgramContext): Promise<number> {
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
