import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Connection, DecoyContext, PortDeclaration } from "../contract.ts";
import { preview } from "../runtime/fields.ts";
import { guessProtocol } from "../runtime/foreign-protocol.ts";
import { mimeOf } from "../terminal/mime.ts";
import type { Body } from "./body.ts";
import { type Chosen, choose } from "./choose.ts";
import type { Answer, Exchange } from "./contract.ts";
import type { WebEvents } from "./events.ts";
import { headerFingerprint, Recently } from "./fingerprint.ts";
import { type Form, type FormFile, parseForm, parseUrlencoded } from "./forms.ts";
import { findCallbacks } from "./lookups.ts";
import type { WebOptions } from "./options.ts";
import { namesJson, requestFields } from "./record.ts";
import { headerOf } from "./request.ts";
import { type Handled, serveHttp } from "./session.ts";
import { WebShell } from "./shell.ts";
import type { SiteAnswer, SiteRequest } from "./sites/contract.ts";
import { tryHoles } from "./sites/holes.ts";

export type WebContext = DecoyContext<WebOptions, WebEvents>;

/** Bytes of one body that are kept. */
const BODY_LIMIT = 16 * 1_048_576;
const WHOLE_BODY = 8_192;
const UPLOAD_BYTES = 64 * 1_048_576;
const FINGERPRINT_MS = 300_000;
const FINGERPRINTS = 4_096;
const KEEP_PATH = 512;

export interface WebPort {
  readonly slug: "http" | "https";
  readonly declared: PortDeclaration;
  /** Wraps the bounded socket; undefined = the connection is not to be served. */
  secure?(connection: Connection<WebEvents>): Promise<Duplex | undefined>;
}

/** Serves a web site on a declared port until the context ends. */
export async function serveWeb(context: WebContext, port: WebPort): Promise<AsyncDisposable> {
  const chosen = choose(context);
  const recently = new Recently(FINGERPRINT_MS, FINGERPRINTS);
  await context.listenTcp(
    port.declared,
    (connection) => void new WebConnection(context, port, chosen, { connection, recently }).serve(),
    { bytesIn: UPLOAD_BYTES },
  );
  return { async [Symbol.asyncDispose]() {} };
}

const emptyForm: Form = { fields: new Map(), files: [] };

class WebConnection {
  readonly #context: WebContext;
  readonly #port: WebPort;
  readonly #chosen: Chosen;
  readonly #connection: Connection<WebEvents>;
  readonly #recently: Recently;
  readonly #shell: WebShell;
  /** What the site said to the request that is being answered. */
  #reply: SiteAnswer | undefined;
  #form: Form = emptyForm;

  constructor(
    context: WebContext,
    port: WebPort,
    chosen: Chosen,
    own: { connection: Connection<WebEvents>; recently: Recently },
  ) {
    this.#context = context;
    this.#port = port;
    this.#chosen = chosen;
    this.#connection = own.connection;
    this.#recently = own.recently;
    this.#shell = new WebShell(port.slug, own.connection, context);
  }

  async serve(): Promise<void> {
    const connection = this.#connection;
    try {
      const stream =
        this.#port.secure === undefined ? connection.socket : await this.#port.secure(connection);
      if (stream === undefined) return;
      const declared = this.#port.declared.port;
      await serveHttp(stream, {
        server: this.#chosen.server,
        now: () => this.#context.clock.now(),
        localAddress: connection.local.ip,
        localPort: declared,
        bodyLimit: BODY_LIMIT,
        stage: (name, ms) => connection.stage(name, ms),
        answer: (exchange, body) => this.#answer(exchange, body),
        handled: (handled) => this.#record(handled),
        foreign: (first) => this.#foreign(first),
      });
      if (stream !== connection.socket) stream.end();
      connection.end("server");
    } catch (error) {
      connection.log.emit(
        "protocol_error",
        { stage: "request", error: error instanceof Error ? error.name : "unknown" },
        "warning",
      );
      this.#context.log.error(
        { error: error instanceof Error ? error.stack : String(error) },
        "A web request failed; its connection ends.",
      );
      connection.end("server");
    }
  }

  async #answer(exchange: Exchange, body: Body): Promise<Answer> {
    this.#form = parseForm(headerOf(exchange.head, "content-type") ?? "", body.bytes);
    const request = this.#siteRequest(exchange, body);
    const { server, site, lures } = this.#chosen;
    this.#reply =
      (await site.reply(request)) ??
      (await lures?.reply(request)) ??
      (await this.#hole(request)) ??
      this.#traversal(request);
    const file = this.#reply?.file !== undefined;
    if (this.#reply !== undefined && !file) return this.#reply;
    return (
      server.methodOnFile(exchange, this.#reply !== undefined) ?? this.#reply ?? server.page(404, exchange)
    );
  }

  /** Holes are those of scripts: a fresh server has none. */
  async #hole(request: SiteRequest): Promise<SiteAnswer | undefined> {
    return this.#chosen.site.name.endsWith("_default") ? undefined : tryHoles(request);
  }

  /** `?file=../../etc/passwd` on a site with scripts. */
  #traversal({ parameters, read }: SiteRequest): SiteAnswer | undefined {
    if (this.#chosen.site.name.endsWith("_default")) return undefined;
    for (const value of parameters.values()) {
      const path = /^(?:\.\.\/){2,}(.+)$|^(\/(?:etc|proc|var)\/.+)$/.exec(value.slice(0, KEEP_PATH));
      const bytes = path && read(`/${(path[1] ?? path[2] ?? "").replace(/^\/+/, "")}`);
      if (bytes) return { status: 200, type: "text/html; charset=UTF-8", body: bytes, route: "traversal" };
    }
    return undefined;
  }

  #siteRequest(exchange: Exchange, body: Body): SiteRequest {
    const cookies = new Map<string, string>();
    for (const pair of (headerOf(exchange.head, "cookie") ?? "").split(";", 64)) {
      const at = pair.indexOf("=");
      if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
    return {
      exchange,
      path: decodePath(exchange.path),
      parameters: parseUrlencoded(exchange.query),
      form: this.#form,
      body: body.bytes,
      cookies,
      login: (user, password) => this.#login(user, password),
      run: (command) => this.#shell.run(command),
      read: (path) => this.#shell.read(path),
    };
  }

  #login(user: string, password: string): boolean {
    const { machine } = this.#context;
    return machine.authenticate({
      service: this.#port.slug,
      user,
      group: machine.groupOf(this.#connection.remote.ip),
      secret: { kind: "password", bytes: Buffer.from(password) },
    }).accepted;
  }

  #record(handled: Handled): void {
    const { exchange, body } = handled;
    const { log, remote } = this.#connection;
    const files = this.#form.files.map((file) => this.#capture(file, exchange));
    const isPut = exchange.head.method === "PUT" && body.bytes.length > 0;
    if (isPut) this.#capture({ field: "", name: exchange.path, type: "", bytes: body.bytes }, exchange);
    const isKept = isPut || files.length > 0;
    log.emit(
      "request",
      requestFields(handled, {
        remoteIp: remote.ip,
        tls: this.#port.secure !== undefined,
        site: this.#chosen.site.name,
        route: this.#reply?.route ?? `status_${handled.answer.status}`,
        ...(this.#reply?.outcome === undefined ? {} : { outcome: this.#reply.outcome }),
        form: this.#form,
        ...(isKept ? {} : this.#storeBody(body)),
        files,
      }),
    );
    this.#complain(handled);
    this.#fingerprint(exchange);
    this.#callbacks(exchange, body);
    this.#reply = undefined;
    this.#form = emptyForm;
  }

  /** A body that is too long for an event. */
  #storeBody({ bytes }: Body): { readonly bodyStoredAs?: string } {
    if (bytes.length <= WHOLE_BODY) return {};
    const kept = this.#context.quarantine.save(bytes, "body", { ip: this.#connection.remote.ip });
    return "storedAs" in kept ? { bodyStoredAs: kept.storedAs } : {};
  }

  #complain({ body, problem }: Handled): void {
    const error = body.problem ?? problem;
    if (error === undefined) return;
    const stage = body.problem === undefined ? "head" : "body";
    this.#connection.log.emit("protocol_error", { stage, error }, "warning");
  }

  /** An uploaded file: the bytes to quarantine, the fact into the log. */
  #capture({ name, bytes }: FormFile, exchange: Exchange): { name: string; size: number; sha256: string } {
    const { log, remote } = this.#connection;
    const kept = this.#context.quarantine.save(bytes, name, { ip: remote.ip });
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    log.emit("upload", {
      path: exchange.path.slice(0, KEEP_PATH),
      size: bytes.length,
      sha256,
      method: exchange.head.method,
      stored: "storedAs" in kept,
    });
    if ("storedAs" in kept)
      log.emit("file_captured", {
        stored_as: kept.storedAs,
        sha256,
        size: bytes.length,
        orig_path: name.slice(0, KEEP_PATH),
        method: "http",
        mime: mimeOf(bytes),
        attribution: "session",
      });
    else
      log.emit(
        "file_skipped",
        { orig_path: name.slice(0, KEEP_PATH), size: bytes.length, reason: kept.skipped },
        "warning",
      );
    return { name: name.slice(0, 255), size: bytes.length, sha256 };
  }

  #fingerprint({ head, path, now }: Exchange): void {
    if (head.headers.length === 0) return;
    const { orderHash, casingHash, names } = headerFingerprint(head);
    const { ip } = this.#connection.remote;
    if (!this.#recently.isNew(`${ip} ${orderHash} ${casingHash}`, now)) return;
    this.#connection.log.emit("http_request_fingerprint", {
      vantage: "decoy",
      headers_ordered: namesJson(names),
      order_hash: orderHash,
      casing_hash: casingHash,
      proto: `HTTP/${head.version}`,
      method: head.method,
      path: path.slice(0, KEEP_PATH),
    });
  }

  #callbacks(exchange: Exchange, body: Body): void {
    const values: [string, string][] = [
      ...exchange.head.headers.map(([name, value]): [string, string] => [name.slice(0, 64), value]),
      ["path", decodePath(exchange.path)],
      ["query", decodePath(exchange.query.replaceAll("+", " "))],
      ["body", body.bytes.subarray(0, WHOLE_BODY).toString("latin1")],
    ];
    for (const callback of findCallbacks(values)) this.#connection.log.emit("callback", callback, "notice");
  }

  #foreign(first: Buffer): void {
    this.#connection.log.emit("foreign_protocol", {
      guess: guessProtocol(first),
      first_bytes_b64: preview(first),
    });
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
