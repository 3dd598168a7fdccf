import { daemonOf } from "../facts/roles.ts";
import type {
  InterfaceFacts,
  MachineModel,
  Neighbour,
  NetworkView,
  Route,
  SocketFacts,
  UnixSocketFacts,
} from "../model.ts";
import { deckySeeded, hashUnit } from "../seeded.ts";
import type { WorldProcesses } from "./process-table.ts";

const inodeOf = (seed: number, key: number): number => 12_000 + Math.floor(hashUnit(seed, key) * 30_000);

/** Link-local address that the kernel forms from a MAC. */
function linkLocal(mac: string): string {
  const bytes = mac.split(":").map((part) => Number.parseInt(part, 16));
  const id = [
    (bytes[0] ?? 0) ^ 2,
    bytes[1] ?? 0,
    bytes[2] ?? 0,
    0xff,
    0xfe,
    bytes[3] ?? 0,
    bytes[4] ?? 0,
    bytes[5] ?? 0,
  ];
  const groups: string[] = [];
  for (let i = 0; i < 8; i += 2) groups.push((((id[i] ?? 0) << 8) | (id[i + 1] ?? 0)).toString(16));
  return `fe80::${groups.join(":")}`;
}

export const networkOf = (address: string, prefix: number): string => {
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefix);
  const base = Math.floor(value / size) * size;
  return [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".");
};

/** What a small system runs for the names that a persona uses. */
const routerNames: Readonly<Record<string, string>> = {
  sshd: "dropbear",
  dropbear: "dropbear",
  inetd: "telnetd",
  telnetd: "telnetd",
  telnet: "telnetd",
  http: "httpd",
  httpd: "httpd",
};

/** Vendors of the boxes one finds beside a server. */
const ouis = ["00:1b:21", "3c:ec:ef", "d4:ae:52", "00:25:90", "b8:ca:3a", "f4:8e:38"];

export class WorldNetwork implements NetworkView {
  readonly #model: MachineModel;
  readonly #now: () => number;
  readonly #processes: WorldProcesses;
  readonly #readResolver: () => string;
  readonly #held = new Set<SocketFacts>();
  readonly #seed: number;
  #nextInode: number;

  constructor(options: {
    readonly model: MachineModel;
    readonly now: () => number;
    readonly processes: WorldProcesses;
    readonly resolverFile: () => string;
  }) {
    this.#model = options.model;
    this.#now = options.now;
    this.#processes = options.processes;
    this.#readResolver = options.resolverFile;
    this.#seed = options.model.random("network").integer(1, 2 ** 30);
    this.#nextInode = 60_000 + Math.floor(hashUnit(this.#seed, 5) * 40_000);
  }

  get policy(): NetworkView["policy"] {
    return this.#model.persona.network.policy;
  }

  resolvers(): readonly string[] {
    return this.#readResolver()
      .split("\n")
      .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1])
      .filter((address) => address !== undefined);
  }

  interfaces(): readonly InterfaceFacts[] {
    const { network, hardware, bootedAt } = this.#model.persona;
    const up = Math.max(1, this.#now() - bootedAt);
    const rate = 900 + 5200 * hashUnit(this.#seed, 1);
    // Counters follow the clock in small, uneven steps and never fall.
    const grown = (share: number, salt: number): number =>
      Math.floor(up * share + share * 20 * hashUnit(this.#seed + salt, Math.floor(up / 3)) * 0.1 + share * 3);
    const local = Math.floor(up * 14);
    return [
      {
        name: "lo",
        index: 1,
        mac: "00:00:00:00:00:00",
        mtu: 65_536,
        up: true,
        loopback: true,
        addresses: [
          { family: 4, address: "127.0.0.1", prefix: 8 },
          { family: 6, address: "::1", prefix: 128 },
        ],
        speedMbit: 0,
        txQueue: 1000,
        counters: {
          rxBytes: local * 96,
          rxPackets: Math.floor(local * 0.9),
          rxDropped: 0,
          txBytes: local * 96,
          txPackets: Math.floor(local * 0.9),
        },
      },
      {
        name: network.interface,
        index: 2,
        mac: hardware.mac,
        mtu: 1500,
        up: true,
        loopback: false,
        addresses: [
          { family: 4, address: network.address, prefix: network.prefix },
          { family: 6, address: linkLocal(hardware.mac), prefix: 64 },
        ],
        speedMbit: 1000,
        txQueue: 1000,
        counters: {
          rxBytes: grown(rate, 2),
          rxPackets: grown(rate / 180, 3),
          rxDropped: Math.floor(up / 4100),
          txBytes: grown(rate * 0.42, 4),
          txPackets: grown(rate / 320, 5),
        },
      },
    ];
  }

  routes(): readonly Route[] {
    const { network } = this.#model.persona;
    return [
      {
        destination: "0.0.0.0",
        prefix: 0,
        gateway: network.gateway,
        interface: network.interface,
        metric: 0,
        protocol: "static",
      },
      {
        destination: networkOf(network.address, network.prefix),
        prefix: network.prefix,
        interface: network.interface,
        metric: 0,
        source: network.address,
        protocol: "kernel",
      },
    ];
  }

  neighbours(): readonly Neighbour[] {
    const { network, secret } = this.#model.persona;
    const random = deckySeeded(secret, "neighbours");
    const own = Number(network.address.split(".")[3] ?? 0);
    const mac = (): string =>
      `${random.pick(ouis)}:${[0, 0, 0].map(() => random.integer(0, 255).toString(16).padStart(2, "0")).join(":")}`;
    const list: Neighbour[] = [
      { address: network.gateway, mac: mac(), interface: network.interface, state: "REACHABLE" },
    ];
    const epoch = Math.floor(this.#now() / 300);
    for (let i = 0; i < 5; i += 1) {
      const last = random.integer(2, 250);
      const address = network.address.replace(/\.\d+$/, `.${String(last)}`);
      const entry = { address, mac: mac(), interface: network.interface };
      if (last === own || list.some((one) => one.address === address)) continue;
      if (hashUnit(this.#seed + i, epoch) < 0.3) continue;
      list.push({ ...entry, state: hashUnit(this.#seed + i + 50, epoch) < 0.3 ? "REACHABLE" : "STALE" });
    }
    return list;
  }

  #listening(): SocketFacts[] {
    const list: SocketFacts[] = [];
    const running = this.#processes.list();
    for (const [index, listen] of this.#model.persona.listens.entries()) {
      const daemon = daemonOf(listen.program);
      const comm = this.#model.release.family === "busybox" ? routerNames[listen.program] : undefined;
      const owner = running.find((one) =>
        daemon === undefined || comm !== undefined
          ? one.comm === (comm ?? listen.program)
          : one.unit === daemon.unit && !one.kernel,
      );
      if (owner === undefined) continue;
      for (const six of [false, true]) {
        list.push({
          proto: six ? (listen.proto === "tcp" ? "tcp6" : "udp6") : listen.proto,
          state: listen.proto === "tcp" ? "LISTEN" : "UNCONN",
          local: { address: six ? "::" : "0.0.0.0", port: listen.port },
          remote: { address: six ? "::" : "0.0.0.0", port: 0 },
          pid: owner.pid,
          program: owner.comm,
          uid: owner.uid,
          inode: inodeOf(this.#seed, index * 2 + (six ? 1 : 0)),
          fd: (six ? 4 : 3) + index * 2,
          receiveQueue: 0,
          sendQueue: listen.proto === "tcp" ? 128 : 0,
        });
      }
    }
    return list;
  }

  sockets(): readonly SocketFacts[] {
    for (const one of this.#held) if (this.#processes.get(one.pid) === undefined) this.#held.delete(one);
    return [...this.#listening(), ...this.#held];
  }

  unixSockets(): readonly UnixSocketFacts[] {
    const running = this.#processes.list();
    const pidOf = (comm: string): number => running.find((one) => one.comm === comm)?.pid ?? 1;
    const rows: readonly (readonly [string, UnixSocketFacts["type"], string])[] = [
      ["/run/systemd/notify", "DGRAM", "systemd"],
      ["/run/systemd/private", "STREAM", "systemd"],
      ["/run/systemd/userdb/io.systemd.DynamicUser", "STREAM", "systemd"],
      ["/run/systemd/io.system.ManagedOOM", "STREAM", "systemd"],
      ["/run/systemd/journal/dev-log", "DGRAM", "systemd-journal"],
      ["/run/systemd/journal/socket", "DGRAM", "systemd-journal"],
      ["/run/systemd/journal/stdout", "STREAM", "systemd-journal"],
      ["/run/systemd/journal/syslog", "DGRAM", "rsyslogd"],
      ["/run/systemd/fsck.progress", "STREAM", "systemd"],
      ["/run/udev/control", "SEQPACKET", "systemd-udevd"],
      ["/run/dbus/system_bus_socket", "STREAM", "dbus-daemon"],
    ];
    const listening: UnixSocketFacts[] = rows.map(([path, type, program], index) => ({
      path,
      type,
      state: type === "DGRAM" ? "" : "LISTENING",
      inode: inodeOf(this.#seed, 300 + index),
      pid: pidOf(program),
      program,
      fd: 3 + index,
    }));
    const connected: UnixSocketFacts[] = running
      .filter((one) => !one.kernel && one.unit.endsWith(".service") && !one.spawned)
      .map((one, index) => ({
        path: one.comm === "dbus-daemon" ? "/run/dbus/system_bus_socket" : "/run/systemd/journal/stdout",
        type: "STREAM",
        state: "CONNECTED",
        inode: inodeOf(this.#seed, 340 + index),
        pid: one.pid,
        program: one.comm,
        fd: 2,
      }));
    return [...listening, ...connected];
  }

  hold(socket: Pick<SocketFacts, "proto" | "state" | "local" | "remote" | "pid">): Disposable {
    const owner = this.#processes.get(socket.pid);
    this.#nextInode += 1 + Math.floor(hashUnit(this.#seed, this.#nextInode) * 40);
    const facts: SocketFacts = {
      ...socket,
      program: owner?.comm ?? "",
      uid: owner?.uid ?? 0,
      inode: this.#nextInode,
      fd: 4,
      receiveQueue: 0,
      sendQueue: 0,
    };
    if (this.#held.size < 256) this.#held.add(facts);
    return {
      [Symbol.dispose]: () => {
        this.#held.delete(facts);
      },
    };
  }
}
