import type { LoginContext } from "../../shell/host.ts";

export interface ConnectOutcome {
  readonly error: "name" | "timeout" | "refused" | "unreachable";
  readonly text: string;
  readonly afterMs: number;
}

/** glibc asks each resolver twice with five seconds each before it gives up. */
const RESOLVE_MS = 10_000;
/** Six SYN retries of Linux: 1 + 2 + 4 + 8 + 16 + 32 + 64 s, and a little. */
const CONNECT_MS = 131_000;

function isAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(":") || /^\d+$/.test(host);
}

/** The address a name has in this machine's own `/etc/hosts`, or the host itself when it is one. */
function localAddress(context: LoginContext, host: string): string | undefined {
  if (isAddress(host)) return host;
  if (host === "localhost") return "127.0.0.1";
  const hosts = Buffer.from(
    context.world.filesOf({ uid: 0, gid: 0, groups: [0] }).read("/etc/hosts"),
  ).toString("latin1");
  for (const line of hosts.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (names.includes(host)) return address;
  }
  return undefined;
}

/** What happens to a connection from this machine: one answer for every tool. */
export function connectOutcome(context: LoginContext, host: string, port: number): ConnectOutcome {
  const address = localAddress(context, host);
  const { network } = context.world;
  if (address === undefined)
    return { error: "name", text: "Temporary failure in name resolution", afterMs: RESOLVE_MS };
  const own =
    address.startsWith("127.") ||
    address === "::1" ||
    network.interfaces().some((each) => each.addresses.some((one) => one.address === address));
  if (own) {
    const open = network.sockets().some((socket) => socket.state === "LISTEN" && socket.local.port === port);
    // What listens here cannot be spoken to from inside: the connection stays without an answer.
    return open
      ? { error: "timeout", text: "Connection timed out", afterMs: CONNECT_MS }
      : { error: "refused", text: "Connection refused", afterMs: 1 };
  }
  if (network.policy === "offline")
    return { error: "unreachable", text: "Network is unreachable", afterMs: 1 };
  return { error: "timeout", text: "Connection timed out", afterMs: CONNECT_MS };
}
