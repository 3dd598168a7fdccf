import { gzipSync } from "node:zlib";
import { acceptsGzip, isNotModified, rangeOf } from "../conditions.ts";
import type { Answer, BodyProblem, Exchange, WebServer } from "../contract.ts";
import { headerOf, headersOf } from "../request.ts";
import { chunked, httpDate, type Line, sheet, when } from "../sheet.ts";

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Request Entity Too Large",
  414: "Request-URI Too Long",
  416: "Requested Range Not Satisfiable",
  500: "Internal Server Error",
  501: "Not Implemented",
};

const KNOWN_METHODS = new Set(
  "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE".split(
    " ",
  ),
);
const ALLOWED = "OPTIONS,HEAD,GET,POST";
/** Requests that one connection may carry: MaxKeepAliveRequests. */
const KEEP_ALIVE_MAX = 100;

const reason = (status: number): string => REASONS[status] ?? "";

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** What its error documents say below the heading. */
function words(status: number, exchange: Exchange, detail: string): string {
  switch (status) {
    case 400:
      return `<p>Your browser sent a request that this server could not understand.<br />\n${detail}</p>\n`;
    case 401:
      return "<p>This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.</p>\n";
    case 403:
      return "<p>You don't have permission to access this resource.</p>\n";
    case 404:
      return "<p>The requested URL was not found on this server.</p>\n";
    case 405:
      return `<p>The requested method ${escape(exchange.head.method)} is not allowed for this URL.</p>\n`;
    case 408:
      return "<p>Server timeout waiting for the HTTP request from the client.</p>\n";
    case 413:
      return `The requested resource does not allow request data with ${escape(exchange.head.method)} requests, or the amount of data provided in\nthe request exceeds the capacity limit.\n`;
    case 414:
      return "<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n</p>\n";
    case 416:
      return "<p>None of the range-specifier values in the Range\nrequest-header field overlap the current extent\nof the selected resource.</p>\n";
    case 501:
      return `<p>${escape(exchange.head.method)} not supported for current URL.<br />\n</p>\n`;
    default:
      return "<p>The server encountered an internal error or\nmisconfiguration and was unable to complete\nyour request.</p>\n";
  }
}

const unnamed = (exchange: Exchange): Exchange => ({ ...exchange, host: exchange.localAddress });

/** Apache as Debian ships it: default configuration and virtual host. */
export function apache(version: string): WebServer {
  const banner = `Apache/${version} (Debian)`;

  const page = (status: number, exchange: Exchange, detail = ""): Answer => {
    const title = `${status} ${reason(status)}`;
    const body = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n<title>${title}</title>\n</head><body>\n<h1>${reason(status)}</h1>\n${words(status, exchange, detail)}<hr>\n<address>${banner} Server at ${escape(exchange.host)} Port ${exchange.port}</address>\n</body></html>\n`;
    return { status, own: true, type: "text/html; charset=iso-8859-1", body: Buffer.from(body, "latin1") };
  };
  const last = (answer: Answer): Answer => ({ ...answer, close: true });

  return {
    name: "apache",
    limits: {
      requestLine: 8_190,
      headerLine: 8_190,
      headers: 100,
      total: 819_000,
      body: 1_073_741_824,
      forgives: ["unsupported_version"],
    },
    headMs: 20_000,
    keepAliveMs: 5_000,
    page,

    problem(problem, exchange) {
      // No virtual host has been chosen yet, so the page names the address.
      const early = unnamed(exchange);
      if (problem === "uri_too_long") return last(page(414, early));
      if (problem === "line_too_long")
        return last(page(400, early, "Size of a request header field exceeds server limit."));
      if (problem === "too_many_headers")
        return last(page(400, early, "The number of request header fields exceeds this server's limit."));
      return last(page(400, early));
    },

    bodyProblem(problem: BodyProblem, exchange) {
      if (problem === "too_large") return { ...last(page(413, exchange)), unsized: true };
      if (problem === "length_and_chunked") return undefined;
      if (problem === "bad_chunk") return { ...last(page(400, exchange)), unsized: true };
      return last(page(400, unnamed(exchange)));
    },

    check(exchange) {
      const { head } = exchange;
      const hosts = headersOf(head, "host");
      const wanted = head.version === "1.1" || head.version === "2.0";
      if (wanted && hosts.length !== 1) return last(page(400, unnamed(exchange)));
      if (hosts.some((host) => /[\s/\\@]/.test(host))) return last(page(400, unnamed(exchange)));
      const { method, target } = head;
      if (!KNOWN_METHODS.has(method)) return last({ ...page(501, exchange), headers: [["Allow", ALLOWED]] });
      if (method === "CONNECT") return { ...page(405, exchange), headers: [["Allow", ALLOWED]] };
      if (method === "TRACE") return { ...page(405, exchange), headers: [["Allow", ""]] };
      if (target !== "*" && !isSafePath(exchange.path)) return last(page(400, exchange));
      if (/%00/.test(exchange.path)) return page(404, exchange);
      return /\/\.ht[^/]*$/.test(exchange.path) ? page(403, exchange) : undefined;
    },

    methodOnFile(exchange, exists) {
      const { method } = exchange.head;
      if (["GET", "HEAD", "POST"].includes(method)) return exists ? undefined : page(404, exchange);
      if (method === "OPTIONS")
        return { status: 200, type: "text/html", body: Buffer.alloc(0), headers: [["Allow", ALLOWED]] };
      return { ...page(405, exchange), headers: [["Allow", ALLOWED]] };
    },

    render(given, exchange) {
      const { head } = exchange;
      const answer = withConditions(given, exchange, page);
      const close = answer.close === true || !exchange.keepAlive || exchange.served + 1 >= KEEP_ALIVE_MAX;
      if (head.version === "0.9") return { bytes: answer.body, close: true };
      const form = formOf(answer, exchange);
      const { headers = [] } = answer;
      const body = form.packed ? gzipSync(answer.body) : answer.body;
      const top = sheet(`HTTP/1.1 ${answer.status} ${reason(answer.status)}`, [
        ["Date", httpDate(exchange.now)],
        ["Server", banner],
        ...validators(answer, form.packed ? etagOf(given).replace(/"$/, '-gzip"') : etagOf(given)),
        ...headers.filter(([name]) => name !== "Content-Range"),
        ["Vary", when(form.packed, "Accept-Encoding")],
        ["Content-Encoding", when(form.packed, "gzip")],
        ["Content-Length", when(form.sized, String(body.length))],
        ["Vary", when(form.packable && !form.packed, "Accept-Encoding")],
        ...headers.filter(([name]) => name === "Content-Range"),
        ...connectionLines(exchange, close),
        ["Transfer-Encoding", when(form.inChunks, "chunked")],
        ["Content-Type", answer.status === 304 ? undefined : answer.type],
      ]);
      if (head.method === "HEAD" || form.bodyless) return { bytes: top, close };
      return { bytes: Buffer.concat([top, form.inChunks ? chunked(body) : body]), close };
    },
  };
}

/** How an answer's body travels. */
function formOf(answer: Answer, { head }: Exchange, gzip = acceptsGzip({ head })): Form {
  const bodyless = answer.status === 304 || answer.status === 204;
  const isHead = head.method === "HEAD";
  const isPage = (answer.type ?? "").startsWith("text/html") && answer.own !== true;
  const packable = isPage && answer.body.length > 0 && !bodyless;
  const inChunks = answer.status === 416;
  return {
    bodyless,
    inChunks,
    packable,
    packed: packable && answer.status === 200 && !isHead && gzip,
    sized: !bodyless && !inChunks && answer.unsized !== true && !(isHead && answer.own === true),
  };
}

interface Form {
  readonly bodyless: boolean;
  readonly inChunks: boolean;
  readonly packable: boolean;
  readonly packed: boolean;
  readonly sized: boolean;
}

/** Of a file; what the client has already is told by its tag alone. */
function validators({ file, status }: Answer, etag: string): readonly Line[] {
  if (file === undefined) return [];
  if (status === 304) return [["ETag", etag]];
  return [
    ["Last-Modified", httpDate(file.mtime)],
    ["ETag", etag],
    ["Accept-Ranges", "bytes"],
  ];
}

/** It speaks of the connection only when it closes, or when the client asked to keep it. */
function connectionLines({ head, served }: Exchange, close: boolean): readonly Line[] {
  if (close) return [["Connection", "close"]];
  if (!/keep-alive/i.test(headerOf(head, "connection") ?? "")) return [];
  return [
    ["Keep-Alive", `timeout=5, max=${KEEP_ALIVE_MAX - served}`],
    ["Connection", "Keep-Alive"],
  ];
}

/** Size and modification time in microseconds, hexadecimal. */
const etagOf = ({ file, body }: Answer): string =>
  `"${body.length.toString(16)}-${Math.round((file?.mtime ?? 0) * 1000).toString(16)}"`;

function withConditions(answer: Answer, exchange: Exchange, page: WebServer["page"]): Answer {
  if (answer.file === undefined || answer.status !== 200) return answer;
  if (isNotModified(exchange, etagOf(answer), answer.file.mtime, false))
    return { ...answer, status: 304, body: Buffer.alloc(0) };
  const range = rangeOf(exchange, answer.body.length);
  if (range === undefined) return answer;
  if (range === "unsatisfiable") return page(416, exchange);
  return {
    ...answer,
    status: 206,
    body: answer.body.subarray(range.from, range.to + 1),
    headers: [["Content-Range", `bytes ${range.from}-${range.to}/${answer.body.length}`]],
  };
}

/** Bad escapes and paths that climb above the root. */
function isSafePath(path: string): boolean {
  if (!path.startsWith("/") || /%(?![0-9a-f]{2})/i.test(path)) return false;
  let depth = 0;
  for (const part of path.replaceAll(/%2e/gi, ".").split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return false;
  }
  return true;
}
