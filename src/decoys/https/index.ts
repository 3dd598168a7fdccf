import { defineDecoy } from "../contract.ts";
import { webEvents } from "../web/events.ts";
import { webOptions } from "../web/options.ts";

const port = { port: 443, proto: "tcp", tls: true, purpose: "web over TLS" } as const;

export const https = defineDecoy({
  slug: "https",
  title: "Web server with TLS",
  persona: webOptions,
  events: webEvents,
  ports: () => [port],
  async listen(context) {
    // Loaded when it runs: the fleet reads this file only for the catalogue.
    const [{ serveWeb }, { tlsFront }] = await Promise.all([
      import("../web/serve.ts"),
      import("../web/tls.ts"),
    ]);
    return serveWeb(context, { slug: "https", declared: port, secure: await tlsFront(context) });
  },
});
