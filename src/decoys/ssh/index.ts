import { defineDecoy } from "../contract.ts";
import { sshEvents } from "./events.ts";
import { portOf, sshOptions } from "./options.ts";

export const ssh = defineDecoy({
  slug: "ssh",
  title: "OpenSSH server",
  persona: sshOptions,
  events: sshEvents,
  ports: (options) => [portOf(options)],
  async listen(context) {
    // Loaded when it runs: the fleet reads this file only for the catalogue.
    const { serveSsh } = await import("./serve.ts");
    return serveSsh(context);
  },
});
