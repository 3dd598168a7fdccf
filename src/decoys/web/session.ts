import type { Duplex } from "node:stream";
import { type Body, framing, isAmbiguous, readBody } from "./body.ts";
import { ByteReader } from "./byte-reader.ts";
import type { Answer, Exchange, WebServer } from "./contract.ts";
import { type HeadProblem, headerOf, type RequestHead, readHead } from "./request.ts";

/** One request that was answered, for the record. */
export interface Handled {
  readonly exchange: Exchange;
  readonly body: Body;
  readonly answer: Answer;
  readonly bytesOut: number;
  readonly durationMs: number;
  readonly problem?: HeadProblem;
}

export interface SessionDeps {
  readonly server: WebServer;
  readonly now: () => number;
  /** Host that stands in when the client names none. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Bytes of one body that are kept, whatever the server itself would take. */
  readonly bodyLimit: number;
  stage(name: string, ms: number | undefined): void;
  /** What the site says to a request that the server lets through. */
  answer(exchange: Exchange, body: Body): Promise<Answer>;
  handled(request: Handled): void;
  /** Bytes at the start that are no HTTP at all. Called at most once. */
  foreign(first: Buffer): void;
}

const BODY_MS = 60_000;
/** Requests one connection may carry, whatever the server says. */
const MAX_REQUESTS = 1_000;
const NO_BODY: Body = { bytes: Buffer.alloc(0), cut: false };

const anonymous: RequestHead = { method: "GET", target: "/", version: "1.0", headers: [], bareLf: false };

/** Path and host, whether they came apart or as one absolute address. */
function targetOf(head: RequestHead): { readonly target: string; readonly host: string } {
  if (head.method === "CONNECT") return { target: head.target, host: head.target };
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(head.target);
  if (absolute === null) return { target: head.target, host: headerOf(head, "host") ?? "" };
  return { target: absolute[2] || "/", host: absolute[1] ?? "" };
}

function isKeptAlive(head: RequestHead): boolean {
  const connection = headerOf(head, "connection")?.toLowerCase() ?? "";
  const old = head.version === "1.0" || head.version === "0.9";
  return old ? connection.includes("keep-alive") : !connection.includes("close");
}

function exchangeOf(head: RequestHead, served: number, deps: SessionDeps): Exchange {
  const { target, host } = targetOf(head);
  const question = target.indexOf("?");
  const name = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host);
  return {
    head,
    host: name?.[1] || deps.localAddress,
    localAddress: deps.localAddress,
    port: head.method === "CONNECT" && name?.[2] !== undefined ? Number(name[2]) : deps.localPort,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? "" : target.slice(question + 1),
    keepAlive: isKeptAlive(head),
    served,
    now: deps.now(),
  };
}

function send(stream: Duplex, bytes: Buffer): Promise<void> {
  if (stream.destroyed || !stream.writable) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    if (stream.write(bytes)) resolve();
    else stream.once("drain", done).once("close", done);
  });
}

/** Speaks HTTP/1 on one connection until either side is done. The caller ends the socket. */
export async function serveHttp(stream: Duplex, deps: SessionDeps): Promise<void> {
  const reader = new ByteReader(stream);
  const { server } = deps;
  const finish = async (
    exchange: Exchange,
    body: Body,
    answer: Answer,
    more: { since: number; problem?: HeadProblem },
  ): Promise<boolean> => {
    const { bytes, close } = server.render(answer, exchange);
    await send(stream, bytes);
    const { since, ...rest } = more;
    deps.handled({
      exchange,
      body,
      answer,
      bytesOut: bytes.length,
      durationMs: performance.now() - since,
      ...rest,
    });
    return close || body.problem !== undefined || body.cut;
  };

  for (let served = 0; served < MAX_REQUESTS; served += 1) {
    deps.stage("head", served === 0 ? server.headMs : server.keepAliveMs);
    if (reader.peek().length === 0 && !(await reader.more())) return;
    deps.stage("head", server.headMs);
    const result = await readHead(reader, server.limits);
    const since = performance.now();
    if (result.kind === "end") return;
    if (result.kind === "problem") {
      const exchange = exchangeOf(result.head ?? anonymous, served, deps);
      if (result.problem === "not_http" && served === 0) deps.foreign(Buffer.from(result.first, "latin1"));
      await finish(exchange, NO_BODY, server.problem(result.problem, exchange), {
        since,
        problem: result.problem,
      });
      return;
    }
    const exchange = exchangeOf(result.head, served, deps);
    const refused = server.check(exchange) ?? ambiguous(exchange, server);
    if (refused?.close === true) {
      await finish(exchange, NO_BODY, refused, { since });
      return;
    }
    const { answer, body } = await answerWithBody({ stream, reader, exchange, refused }, deps);
    if (await finish(exchange, body, answer, { since })) return;
  }
}

const ambiguous = (exchange: Exchange, server: WebServer): Answer | undefined =>
  isAmbiguous(exchange.head) ? server.bodyProblem("length_and_chunked", exchange) : undefined;

interface Opened {
  readonly stream: Duplex;
  readonly reader: ByteReader;
  readonly exchange: Exchange;
  /** What the server says whatever the body; the body is read all the same. */
  readonly refused: Answer | undefined;
}

async function answerWithBody(
  { stream, reader, exchange, refused }: Opened,
  deps: SessionDeps,
): Promise<{ answer: Answer; body: Body }> {
  const { server } = deps;
  const limit = Math.min(server.limits.body, deps.bodyLimit);
  const { kind } = framing(exchange.head, limit);
  const isAsked = /100-continue/i.test(headerOf(exchange.head, "expect") ?? "");
  const isWaiting = reader.peek().length === 0 || server.name === "apache";
  if (isAsked && isWaiting && (kind === "length" || kind === "chunked"))
    await send(stream, Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"));
  deps.stage("body", BODY_MS);
  const body = await readBody(reader, exchange.head, limit);
  deps.stage("answer", undefined);
  const complaint = body.problem === undefined ? undefined : server.bodyProblem(body.problem, exchange);
  if (complaint !== undefined) return { answer: complaint, body };
  const answer = refused ?? (await deps.answer(exchange, body));
  // Both framings in one head, or a body whose end is unknown: what follows cannot be told from a request.
  const unsure = body.problem !== undefined || body.cut || isAmbiguous(exchange.head);
  return { answer: unsure ? { ...answer, close: true } : answer, body };
}
