import type { Machine } from "#machine/contract.ts";
import { defineDecoy } from "../contract.ts";
import { OpenSessions } from "../terminal/session.ts";
import { SshConnection } from "./connection.ts";
import { sshEvents } from "./events.ts";
import { loadHostKeys } from "./host-keys.ts";
import { type SshOptions, sshOptions } from "./options.ts";
import { SeenFingerprints } from "./seen-fingerprints.ts";
import { type DebianUpdate, debianUpdates, openSsh92, updateOf } from "./versions.ts";

const MIB = 1024 * 1024;

const limits = {
  bytesIn: 64 * MIB,
  totalMs: 4 * 3_600_000,
  // sshd's words when MaxStartups is reached.
  refusal: Buffer.from("Exceeded MaxStartups\r\n"),
} as const;

/** The package's version in an untouched world: nobody comes from there. */
function updateOnMachine(machine: Machine): DebianUpdate | undefined {
  const files = machine.world(machine.groupOf("0.0.0.0")).filesOf({ uid: 0, gid: 0, groups: [0] });
  const path = "/var/lib/dpkg/status";
  if (!files.access(path, "read")) return undefined;
  return updateOf(Buffer.from(files.read(path)).toString());
}

const portOf = ({ port }: Readonly<SshOptions>) => ({ port, proto: "tcp", purpose: "SSH" }) as const;

export const ssh = defineDecoy({
  slug: "ssh",
  title: "OpenSSH server",
  persona: sshOptions,
  events: sshEvents,
  ports: (options) => [portOf(options)],
  async listen(context) {
    const { options } = context;
    const update =
      options.version ?? updateOnMachine(context.machine) ?? context.random("version").pick(debianUpdates);
    const server = {
      context,
      version: openSsh92(update, options.lists),
      hostKeys: await loadHostKeys(context.stateDir),
      sessions: new OpenSessions(),
      seen: new SeenFingerprints(context.clock),
    };
    await context.listenTcp(
      portOf(options),
      (connection) => new SshConnection(server, connection).start(),
      limits,
    );
    return { [Symbol.asyncDispose]: () => server.sessions.settle() };
  },
});
