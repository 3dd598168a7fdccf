import { defineDecoy } from "../contract.ts";
import { webEvents } from "../web/events.ts";
import { webOptions } from "../web/options.ts";

const port = { port: 80, proto: "tcp", purpose: "web" } as const;

export const http = defineDecoy({
  slug: "http",
  title: "Web server",
  persona: webOptions,
  events: webEvents,
  ports: () => [port],
  async listen(context) {
    // Loaded when it runs: the fleet reads this file only for the catalogue.
    const { serveWeb } = await import("../web/serve.ts");
    return serveWeb(context, { slug: "http", declared: port });
  },
});
