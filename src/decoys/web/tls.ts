import { once } from "node:events";
import type { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import {
  type ClientHello,
  helloLength,
  ja3,
  ja4,
  MAX_HELLO,
  parseClientHello,
  tlsVersion,
} from "#fingerprints/tls-client-hello.ts";
import type { Connection, EventFields } from "../contract.ts";
import { preview } from "../runtime/fields.ts";
import { guessProtocol } from "../runtime/foreign-protocol.ts";
import { deckyCertificate } from "./certificate.ts";
import { choose } from "./choose.ts";
import type { WebEvents } from "./events.ts";
import { Recently } from "./fingerprint.ts";
import type { WebContext } from "./serve.ts";

const HANDSHAKE_MS = 10_000;
const HELLO_MS = 300_000;
const HELLOS = 4_096;

const list = (values: readonly number[]): string =>
  values.map((value) => value.toString(16).padStart(4, "0")).join("-");

function helloFields(hello: ClientHello): EventFields<WebEvents, "tls_client_hello"> {
  const [three, four] = [ja3(hello), ja4(hello)];
  return {
    vantage: "decoy",
    ja3: three.hash,
    ja3_raw: three.raw,
    ja4: four.hash,
    ja4_raw: four.raw,
    tls_version: tlsVersion(hello),
    ...(hello.serverName === undefined ? {} : { sni: hello.serverName.slice(0, 255) }),
    ...(hello.alpn.length === 0 ? {} : { alpn: hello.alpn.join(",").slice(0, 512) }),
    raw_ciphers: list(hello.ciphers),
    raw_extensions: list(hello.extensions),
    sig_algs: list(hello.signatureAlgorithms),
    groups: list(hello.groups),
  };
}

/** Waits for the first record without consuming it. Empty when the peer stopped before. */
async function peek(stream: Duplex): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  let over = false;
  const end = (): void => {
    over = true;
  };
  stream.once("end", end).once("close", end);
  try {
    for (;;) {
      const chunk = stream.read() as Buffer | null;
      if (chunk !== null) bytes = Buffer.concat([bytes, chunk]);
      const wanted = helloLength(bytes);
      if (wanted === 0 || bytes.length >= Math.min(wanted ?? Number.POSITIVE_INFINITY, MAX_HELLO) || over)
        break;
      if (chunk === null)
        await Promise.race([once(stream, "readable"), once(stream, "end"), once(stream, "close")]);
    }
  } catch {
    return Buffer.alloc(0);
  } finally {
    stream.off("end", end).off("close", end);
  }
  if (bytes.length > 0) stream.unshift(bytes);
  return bytes;
}

/** Makes the function that turns a bounded socket into a TLS one with the decky's certificate. */
export async function tlsFront(
  context: WebContext,
): Promise<(connection: Connection<WebEvents>) => Promise<Duplex | undefined>> {
  const { key, cert } = await deckyCertificate(context.stateDir, context.persona);
  const secureContext = createSecureContext({ key, cert, minVersion: "TLSv1.2" });
  const recently = new Recently(HELLO_MS, HELLOS);
  const { server } = choose(context);

  return async (connection) => {
    connection.stage("handshake", HANDSHAKE_MS);
    const first = await peek(connection.socket);
    if (first.length === 0) {
      connection.end("client");
      return undefined;
    }
    if (helloLength(first) === 0) {
      connection.log.emit("foreign_protocol", {
        guess: guessProtocol(first),
        first_bytes_b64: preview(first),
      });
      // A web server that is spoken to in the clear on its TLS port says so in the clear.
      const exchange = plainExchange(connection, context.clock.now());
      const answer = server.page(
        400,
        exchange,
        server.name === "nginx" ? "400 The plain HTTP request was sent to HTTPS port" : undefined,
      );
      connection.socket.end(server.render({ ...answer, close: true }, exchange).bytes);
      return undefined;
    }
    const hello = parseClientHello(first);
    if (hello !== undefined) {
      const fields = helloFields(hello);
      if (recently.isNew(`${connection.remote.ip} ${fields.ja4} ${fields.sni ?? ""}`, context.clock.now()))
        connection.log.emit("tls_client_hello", fields);
    }
    const secure = new TLSSocket(connection.socket, {
      isServer: true,
      secureContext,
      ALPNProtocols: ["http/1.1"],
    });
    secure.on("error", (error: NodeJS.ErrnoException) => {
      connection.log.emit(
        "protocol_error",
        { stage: "tls", error: (error.code ?? error.name).slice(0, 128) },
        "warning",
      );
      secure.destroy();
      connection.end("server");
    });
    connection.signal.addEventListener("abort", () => secure.destroy(), { once: true });
    const ready = await new Promise<boolean>((resolve) => {
      secure.once("secure", () => resolve(true)).once("close", () => resolve(false));
    });
    return ready ? secure : undefined;
  };
}

const plainExchange = (connection: Connection<WebEvents>, now: number) => ({
  head: { method: "GET", target: "/", version: "1.1" as const, headers: [], bareLf: false },
  host: connection.local.ip,
  localAddress: connection.local.ip,
  port: 443,
  path: "/",
  query: "",
  keepAlive: false,
  served: 0,
  now,
});
