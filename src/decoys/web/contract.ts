import type { HeadLimits, HeadProblem, RequestHead } from "./request.ts";

/** What a site, or a server's own error page, wants to say. The server decides how it looks on the wire. */
export interface Answer {
  readonly status: number;
  /** Content-Type; absent with an empty body. */
  readonly type?: string;
  readonly body: Buffer;
  /** Further headers in wire order: Location, Set-Cookie, WWW-Authenticate … */
  readonly headers?: readonly (readonly [string, string])[];
  /** A file of the document root: conditions, ranges and validators apply. */
  readonly file?: { readonly mtime: number };
  /** The server's own page, not the site's. */
  readonly own?: boolean;
  /** Sent without a length: the end of the connection is its end. */
  readonly unsized?: boolean;
  /** The connection ends behind it. */
  readonly close?: boolean;
}

/** The facts of one request that an answer depends on. */
export interface Exchange {
  readonly head: RequestHead;
  /** Host as the client named it, without port; the local address when it named none. */
  readonly host: string;
  readonly port: number;
  /** The address the client reached. */
  readonly localAddress: string;
  /** Path as sent, without query, before any decoding. */
  readonly path: string;
  /** Behind the `?`, as sent. */
  readonly query: string;
  /** The connection goes on behind the answer, if the server and the answer want that too. */
  readonly keepAlive: boolean;
  /** Requests answered on this connection before this one. */
  readonly served: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type BodyProblem = "bad_length" | "too_large" | "length_and_chunked" | "unknown_coding" | "bad_chunk";

/** One product's ways: how it words, orders and refuses. */
export interface WebServer {
  readonly name: string;
  readonly limits: HeadLimits & { readonly body: number };
  /** Milliseconds a client may take for a head, and be silent between requests. */
  readonly headMs: number;
  readonly keepAliveMs: number;
  /** Answer to bytes that are no request it takes; always the last answer of the connection. */
  problem(problem: HeadProblem, exchange: Exchange): Answer;
  /** Undefined = the request goes on (this server looks the other way). */
  bodyProblem(problem: BodyProblem, exchange: Exchange): Answer | undefined;
  /** Checks a well-formed head: host, method, target. Undefined = the site may answer. */
  check(exchange: Exchange): Answer | undefined;
  /** A page of the server's own for a status. */
  page(status: number, exchange: Exchange, detail?: string): Answer;
  /** A method that the document root does not take; undefined = it answers like GET. */
  methodOnFile(exchange: Exchange, exists: boolean): Answer | undefined;
  /** The whole answer as bytes. */
  render(answer: Answer, exchange: Exchange): { readonly bytes: Buffer; readonly close: boolean };
}
