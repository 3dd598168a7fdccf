import type { DecoyContext } from "../contract.ts";
import { createSeeded } from "../runtime/seeded.ts";
import type { WebServer } from "./contract.ts";
import type { WebEvents } from "./events.ts";
import type { WebOptions } from "./options.ts";
import { apache } from "./servers/apache.ts";
import { boa } from "./servers/boa.ts";
import { nginx } from "./servers/nginx.ts";
import type { Site, SiteFacts } from "./sites/contract.ts";
import { defaultPage } from "./sites/default-page.ts";
import { intranet } from "./sites/intranet.ts";
import { lures } from "./sites/lures.ts";
import { router } from "./sites/router.ts";
import { wordpress } from "./sites/wordpress.ts";

type Context = Pick<DecoyContext<WebOptions, WebEvents>, "options" | "persona">;

/** Versions as Debian 12 ships them; the recorded dialogues are of these. */
const servers = {
  nginx: () => nginx("1.22.1"),
  apache: () => apache("2.4.71"),
  boa: () => boa("0.94.14rc21"),
} as const satisfies Record<string, () => WebServer>;

const sites = { wordpress, intranet, router, none: defaultPage } as const satisfies Record<
  string,
  (facts: SiteFacts) => Site
>;

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/** `norvik-components.lan` → `Norvik Components`. */
const organisationOf = (domain: string): string =>
  domain === "" ? "Home" : (domain.split(".", 1)[0] ?? "").split("-").map(capital).join(" ");

export interface Chosen {
  readonly server: WebServer;
  readonly site: Site;
  readonly lures: Site | undefined;
}

/** What answers on this decky: by its options, else by what fits the machine; http and https of one decky agree. */
export function choose({ options, persona }: Context): Chosen {
  // Not by the service's own seed: both ports of one machine show one server and one site.
  const random = (purpose: string) => createSeeded(persona.secret, purpose);
  const device = persona.release === "busybox-router";
  const dice = random("machine/web-server");
  const fitting = device ? "boa" : dice.pick(["nginx", "apache"] as const);
  const name = options.server === "auto" ? fitting : options.server;
  const server = servers[name]();
  const role = persona.role === "web" ? dice.pick(["wordpress", "intranet"] as const) : "none";
  const app = options.fake_app === "auto" ? (device ? "router" : role) : options.fake_app;
  const facts: SiteFacts = {
    persona,
    organisation: organisationOf(persona.domain),
    dice: (purpose) => random(`machine/${purpose}`),
    server: name,
  };
  return { server, site: sites[app](facts), lures: options.lures && !device ? lures(facts) : undefined };
}
