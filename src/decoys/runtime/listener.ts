import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { Connection, EventCatalogue, SocketLimits } from "../contract.ts";
import { canonicalAddress } from "./address.ts";
import { Admission, OverloadWindow } from "./admission.ts";
import { OpenConnection } from "./connection.ts";
import { BoundLog, type Emitter, type EventBudget } from "./emitter.ts";
import { DecoyBindError } from "./errors.ts";

const OVERLOAD_WINDOW_S = 10;
/** The kernel's queue of connections nobody has accepted yet. */
const BACKLOG = 128;

export interface ListenerDeps {
  readonly slug: string;
  readonly emitter: Emitter;
  readonly budget: EventBudget;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Listening extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

export interface Bind {
  readonly address: string;
  readonly port: number;
}

/**
 * Listens until disposed. Every accepted socket is counted against the caps, logs `connect` at once, and
 * is handed on with its limits. Disposal ends all of them.
 *
 * @throws {DecoyBindError} when the port cannot be bound
 */
export async function listenTcp<E extends EventCatalogue>(
  deps: ListenerDeps,
  bind: Bind,
  limits: SocketLimits,
  serve: (connection: Connection<E>) => void,
): Promise<Listening> {
  const admission = new Admission(limits, () => deps.clock.now());
  const overload = new OverloadWindow();
  const open = new Set<OpenConnection>();
  const tellOverload = (): void => emitOverload(deps, overload);
  const window = setInterval(tellOverload, OVERLOAD_WINDOW_S * 1_000);
  window.unref();

  const accept = (socket: Socket): void => {
    const remote = { ip: canonicalAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
    const local = { ip: canonicalAddress(socket.localAddress), port: socket.localPort ?? bind.port };
    // A peer that is gone before it was accepted has no address any more.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    if (admission.admit(remote.ip, deps.clock.now()) !== undefined) {
      overload.add(remote.ip, remote.port);
      refuse(socket, limits.refusal);
      return;
    }
    socket.setNoDelay(true);
    const bound = new BoundLog(deps.emitter, deps.budget, deps.slug, { ...remote, localPort: local.port });
    const connection = new OpenConnection(socket, { bound, limits, log: deps.log });
    open.add(connection);
    connection.socket.once("close", () => {
      open.delete(connection);
      admission.release(remote.ip);
    });
    bound.emit({ type: "connect", fields: {} });
    connection.run(() => serve(connection.view<E>(remote, local)));
  };

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
  server.listen({ host: bind.address, port: bind.port, backlog: BACKLOG });
  try {
    await once(server, "listening", { signal: deps.signal });
  } catch (cause) {
    clearInterval(window);
    server.close();
    throw new DecoyBindError(`${deps.slug} cannot listen on ${bind.address}:${bind.port}`, { cause });
  }
  server.on("error", (error) => deps.log.error({ error: error.message }, "A listening socket failed."));
  const { address, port } = server.address() as AddressInfo;
  return {
    address,
    port,
    async [Symbol.asyncDispose]() {
      clearInterval(window);
      tellOverload();
      const closed = once(server, "close");
      server.close();
      for (const connection of open) connection.end("server");
      await closed;
    },
  };
}

function refuse(socket: Socket, text: Uint8Array | undefined): void {
  socket.on("error", () => socket.destroy());
  if (text === undefined) {
    socket.destroy();
    return;
  }
  // Unread bytes at close would turn the answer into a reset.
  socket.resume();
  socket.end(text, () => socket.destroy());
}

function emitOverload(deps: ListenerDeps, overload: OverloadWindow): void {
  const sum = overload.take();
  if (sum === undefined) return;
  const { refused, sources, ip, port } = sum;
  deps.emitter.emit({
    type: "overload",
    fields: { src_ip: ip, src_port: port, refused, sources, window_s: OVERLOAD_WINDOW_S },
    severity: "warning",
  });
}
