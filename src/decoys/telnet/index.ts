import { defineDecoy } from "../contract.ts";
import { telnetEvents } from "./events.ts";
import { portOf, telnetOptions } from "./options.ts";

export const telnet = defineDecoy({
  slug: "telnet",
  title: "Telnet server",
  persona: telnetOptions,
  events: telnetEvents,
  ports: (options) => [portOf(options)],
  async listen(context) {
    // Loaded when it runs: the fleet reads this file only for the catalogue.
    const { serveTelnet } = await import("./serve.ts");
    return serveTelnet(context);
  },
});
