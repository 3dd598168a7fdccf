import { Command, InvalidArgumentError } from "commander";
import { readSettings } from "#app/config.ts";
import { type UpFacts, up } from "#app/up.ts";

interface Options {
  readonly deckies?: string;
  readonly archetypes?: string;
  readonly bind?: string;
  readonly expose?: boolean;
  readonly checkConfig?: boolean;
}

const whole = (text: string): string => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return text;
};

/** A flag stands for its variable and wins over it. */
function environment({ deckies, archetypes, bind }: Options): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...(deckies === undefined ? {} : { DECNET_LOCAL_DECKIES: deckies }),
    ...(archetypes === undefined ? {} : { DECNET_LOCAL_ARCHETYPES: archetypes }),
    ...(bind === undefined ? {} : { DECNET_LOCAL_BIND: bind }),
  };
}

function* lines({ url, dataDir, admin, deckies, hasDashboard }: UpFacts, entry: string): Generator<string> {
  // In a clone the program has no name on the PATH.
  const simulate = entry.endsWith(".ts") ? "npm run decnet -- simulate" : "npx decnet simulate";
  yield "";
  yield `  Dashboard   ${url}${hasDashboard ? "" : "   (not built: run `npm run build:dashboard`)"}`;
  if (admin.password !== undefined)
    yield `  Sign in     ${admin.user} / ${admin.password}   (first start only; you choose your own at once)`;
  else if (admin.created) yield `  Sign in     ${admin.user}, with the password of DECNET_ADMIN_PASSWORD`;
  else yield `  Sign in     ${admin.user}`;
  yield `  Data        ${dataDir}`;
  for (const { name, hostname, archetype, services } of deckies) {
    yield "";
    yield `  ${name}   ${archetype}, calls itself ${hostname}`;
    for (const { slug, command, hint } of services)
      yield `    ${slug.padEnd(8)}${command.padEnd(46)}${hint ?? ""}`.trimEnd();
  }
  yield "";
  yield `  Attack one of them, or run \`${simulate}\` in another terminal. Ctrl-C stops everything.`;
  yield "";
}

export function upCommand(entry: string): Command {
  return new Command("up")
    .description(
      "run everything on this machine: local decoys, collector, store, analysis, API and dashboard",
    )
    .option("--deckies <n>", "how many local deckies, 0 to 5 (DECNET_LOCAL_DECKIES)", whole)
    .option("--archetypes <names>", "what they are, in turn, separated by commas (DECNET_LOCAL_ARCHETYPES)")
    .option("--bind <address>", "address the decoys listen on (DECNET_LOCAL_BIND)")
    .option("--expose", "allow decoys on an address that others can reach")
    .option("--check-config", "read the configuration, say what is wrong with it, and end")
    .action(async (options: Options) => {
      const settings = readSettings(environment(options));
      if (options.checkConfig) {
        console.log("The configuration is fine.");
        return;
      }
      const stop = new AbortController();
      // A second ^C means it.
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
        process.on(signal, () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
      await up({ settings, entry, signal: stop.signal, expose: options.expose === true }, (facts) => {
        for (const line of lines(facts, entry)) console.log(line);
      });
    });
}
