import type { Machine } from "#machine/contract.ts";
import type { DecoyContext } from "../contract.ts";
import type { Persona } from "../persona.ts";
import { OpenSessions } from "../terminal/session.ts";
import { TelnetConnection } from "./connection.ts";
import type { telnetEvents } from "./events.ts";
import { portOf, type TelnetOptions } from "./options.ts";
import { type PersonalityName, personalities } from "./personality.ts";

const limits = { bytesIn: 64 * 1024 * 1024, totalMs: 4 * 3_600_000 } as const;

/** The daemon that the persona's release ships. */
const daemonOf = (persona: Persona): PersonalityName =>
  persona.release === "busybox-router" ? "busybox" : "inetutils";

/** inetutils' `Linux <release> (<host>) (<tty>)`; busybox' login shows /etc/issue, which devices leave out. */
const bannerOf = (daemon: PersonalityName, hostname: string, kernel: string): string =>
  daemon === "busybox" ? "\r\n" : `\r\n\r\nLinux ${kernel} (${hostname}) (pts/0)\r\n\r\n`;

/** As an untouched world tells it: nobody comes from there. */
function kernelOf(machine: Machine): string {
  const files = machine.world(machine.groupOf("0.0.0.0")).filesOf({ uid: 0, gid: 0, groups: [0] });
  return Buffer.from(files.read("/proc/sys/kernel/osrelease")).toString().trim();
}

/** Listens as the daemon of the persona's release until the context ends. */
export async function serveTelnet(
  context: DecoyContext<Readonly<TelnetOptions>, typeof telnetEvents>,
): Promise<AsyncDisposable> {
  const { options, persona } = context;
  const daemon = options.daemon ?? daemonOf(persona);
  const own = options.login_banner?.replaceAll(/\r?\n/g, "\r\n");
  const server = {
    context,
    personality: personalities[daemon],
    sessions: new OpenSessions(),
    banner: own ?? bannerOf(daemon, persona.hostname, kernelOf(context.machine)),
  };
  await context.listenTcp(
    portOf(options),
    (connection) => new TelnetConnection(server, connection).start(),
    limits,
  );
  return { [Symbol.asyncDispose]: () => server.sessions.settle() };
}
