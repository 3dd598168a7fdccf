import { randomUUID } from "node:crypto";
import type { Connection, ConnectionLog, DecoyContext } from "../contract.ts";
import { type SessionEvents, SessionObserver } from "../terminal/observer.ts";
import type { WebEvents } from "./events.ts";

/** What an injected command may take and give. */
const DEADLINE_MS = 10_000;
const OUTPUT = 65_536;
const ACCOUNTS = { "debian-12": "www-data", "busybox-router": "root" } as const;

type Context = Pick<DecoyContext<unknown, WebEvents>, "machine" | "persona" | "quarantine" | "clock">;

/** The machine behind a web server, as its account sees it. One for each connection. */
export class WebShell {
  readonly #context: Context;
  readonly #connection: Connection<WebEvents>;
  readonly #slug: string;
  readonly #sid = randomUUID();
  #observer: SessionObserver | undefined;

  constructor(slug: string, connection: Connection<WebEvents>, context: Context) {
    this.#slug = slug;
    this.#connection = connection;
    this.#context = context;
  }

  get #user(): string {
    return ACCOUNTS[this.#context.persona.release];
  }

  /** @returns what the command wrote, both streams, as the hole would show it */
  async run(command: string): Promise<string> {
    const { machine, quarantine, clock } = this.#context;
    const { remote, local } = this.#connection;
    this.#observer ??= new SessionObserver({
      log: this.#connection.log as unknown as ConnectionLog<SessionEvents>,
      quarantine,
      facts: {
        sid: this.#sid,
        user: this.#user,
        ip: remote.ip,
        channel: this.#slug === "https" ? "http" : this.#slug,
      },
      now: () => clock.now(),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    const keep = (bytes: Uint8Array): void => {
      if (size < OUTPUT) chunks.push(Buffer.from(bytes));
      size += bytes.length;
    };
    await using shell = machine.world(machine.groupOf(remote.ip)).openShellAs(this.#user, {
      user: this.#user,
      service: this.#slug,
      peer: remote,
      local,
      env: {},
      sid: this.#sid,
      observer: this.#observer,
    });
    const signal = AbortSignal.any([this.#connection.signal, AbortSignal.timeout(DEADLINE_MS)]);
    await shell.exec(command, { stdin: nothing(), stdout: keep, stderr: keep }, signal);
    return Buffer.concat(chunks).subarray(0, OUTPUT).toString("utf8");
  }

  /** A file of the machine; undefined when that account cannot read it. */
  read(path: string): Buffer | undefined {
    const { machine } = this.#context;
    const account =
      this.#user === "root" ? { uid: 0, gid: 0, groups: [0] } : { uid: 33, gid: 33, groups: [33] };
    try {
      const files = machine.world(machine.groupOf(this.#connection.remote.ip)).filesOf(account);
      return Buffer.from(files.readAt(path, 0, OUTPUT));
    } catch {
      return undefined;
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
