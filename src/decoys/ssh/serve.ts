import type { Machine } from "#machine/contract.ts";
import type { DecoyContext } from "../contract.ts";
import { OpenSessions } from "../terminal/session.ts";
import { SshConnection } from "./connection.ts";
import type { sshEvents } from "./events.ts";
import { loadHostKeys } from "./host-keys.ts";
import { portOf, type SshOptions } from "./options.ts";
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

/** Listens as OpenSSH of the persona's release until the context ends. */
export async function serveSsh(
  context: DecoyContext<Readonly<SshOptions>, typeof sshEvents>,
): Promise<AsyncDisposable> {
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
}
