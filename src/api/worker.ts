import { once } from "node:events";
import { createServer } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Worker } from "#kernel/worker.ts";
import { isLoopback } from "./address.ts";
import { Authentication } from "./auth/authentication.ts";
import { deriveKey } from "./auth/secret-key.ts";
import type { Api } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { ApiAddressError, ApiPortBusyError, ApiSettingError } from "./errors.ts";
import { createCursors } from "./paging/cursor.ts";
import { buildServer } from "./server.ts";
import type { ApiSettings } from "./settings.ts";
import { StreamHub } from "./stream/hub.ts";

export interface ApiOptions {
  /** Told once the server listens. */
  readonly onListening?: (address: { readonly host: string; readonly port: number }) => void;
  /** Cost of passwords; tests choose a small one. */
  readonly scryptLn?: number;
}

type Place = Pick<ApiSettings, "host" | "port">;

function asOurError(error: unknown, { host, port }: Place): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EADDRINUSE")
    return new ApiPortBusyError(
      `Port ${port} on ${host} is taken by another program; choose another with DECNET_API_PORT.`,
      { cause: error },
    );
  if (code === "EADDRNOTAVAIL" || code === "EACCES" || code === "ENOTFOUND")
    return new ApiAddressError(`Cannot listen on ${host} port ${port} (${code}).`, { cause: error });
  return error;
}

/**
 * Finds out whether the API could listen, before anything else of the program is started.
 *
 * @throws {ApiPortBusyError} another program has the port
 * @throws {ApiAddressError} the address is not ours, or the port needs a right we lack
 */
export async function checkPortFree(place: Place): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ host: place.host, port: place.port, exclusive: true });
    await once(probe, "listening");
  } catch (error) {
    throw asOurError(error, place);
  }
  probe.close();
  await once(probe, "close");
}

/** @throws {ApiSettingError} an address that others can reach, without TLS and without a word that this is meant */
export function checkAddress({ host, allowPlainHttp }: Pick<ApiSettings, "host" | "allowPlainHttp">): void {
  if (host === "localhost" || isLoopback(host) || allowPlainHttp) return;
  throw new ApiSettingError(
    `DECNET_API_HOST=${host} would carry passwords unencrypted; put a TLS proxy before it and set DECNET_ALLOW_PLAIN_HTTP=true.`,
  );
}

/** The HTTP API, the live stream and the dashboard's files. */
export function createApi(deps: ApiDeps, settings: ApiSettings, options: ApiOptions = {}): Worker {
  checkAddress(settings);
  let hub: StreamHub | undefined;
  let port: number | null = null;
  return {
    name: "api",
    policy: "required",
    health: () => ({ port, streams: hub?.clients ?? 0, ...hub?.counters }),
    async run(context, signal) {
      const { log, clock } = context;
      const { scryptLn } = options;
      const authentication = new Authentication(deps.store, clock, {
        sessionMinutes: settings.sessionMinutes,
        secretKey: deps.secretKey,
        ...(scryptLn === undefined ? {} : { scryptLn }),
      });
      const stream = new StreamHub({ ...deps, authentication, clock, log }, settings.streamsPerUser);
      hub = stream;
      const cursors = createCursors(deriveKey(deps.secretKey, "cursor"));
      const api: Api = { ...deps, settings, clock, log, authentication, cursors, stream };
      const server = await buildServer(api);
      port = await listen(server, settings);
      log.info({ host: settings.host, port }, "The API listens.");
      options.onListening?.({ host: settings.host, port });
      context.progress(0, 0);
      try {
        await stream.run(signal);
      } finally {
        port = null;
        await server.close();
      }
    },
  };
}

async function listen(server: FastifyInstance, place: Place): Promise<number> {
  try {
    await server.listen({ host: place.host, port: place.port, listenTextResolver: () => "" });
  } catch (error) {
    await server.close();
    throw asOurError(error, place);
  }
  const address = server.server.address();
  return typeof address === "object" && address !== null ? address.port : place.port;
}
