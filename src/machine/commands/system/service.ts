import type { ProgramContext } from "../command.ts";
import { actOnUnits, unitVerbs } from "./unit-actions.ts";
import { unitStatus } from "./unit-lists.ts";

export async function service(context: ProgramContext): Promise<number> {
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
  if (verb === "status") return unitStatus(context, [name]);
  const action = unitVerbs.find((each) => each === verb);
  return action === undefined
    ? context.fail(`Usage: /etc/init.d/${name} {start|stop|reload|restart|status}`)
    : actOnUnits(context, action, [name]);
}
