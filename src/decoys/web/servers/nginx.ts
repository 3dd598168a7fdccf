import { gzipSync } from "node:zlib";
import { acceptsGzip, isNotModified, rangeOf } from "../conditions.ts";
import type { Answer, BodyProblem, Exchange, WebServer } from "../contract.ts";
import { headersOf } from "../request.ts";
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
  405: "Not Allowed",
  408: "Request Time-out",
  413: "Request Entity Too Large",
  414: "Request-URI Too Large",
  416: "Requested Range Not Satisfiable",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  505: "HTTP Version Not Supported",
};

const reason = (status: number): string => REASONS[status] ?? "";
/** `gzip_min_length`. */
const GZIP_MINIMUM = 20;
const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;

/** nginx as Debian ships it: default configuration, one server for every host name. */
export function nginx(version: string): WebServer {
  const banner = `nginx/${version}`;

  const page = (status: number, _exchange: Exchange, detail?: string): Answer => {
    const title = detail ?? `${status} ${reason(status)}`;
    const extra = detail === undefined ? "" : `<center>${detail.replace(/^\d+ /, "")}</center>\r\n`;
    return {
      status,
      own: true,
      type: "text/html",
      body: Buffer.from(
        `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${reason(status)}</h1></center>\r\n${extra}<hr><center>${banner}</center>\r\n</body>\r\n</html>\r\n`,
      ),
    };
  };
  const last = (answer: Answer): Answer => ({ ...answer, close: true });

  return {
    name: "nginx",
    // large_client_header_buffers 4 8k: one line fits into one buffer, all lines into four.
    limits: {
      requestLine: 8_190,
      headerLine: 8_190,
      headers: 1_000,
      total: 32_760,
      body: 1_048_576,
      forgives: ["header_without_colon", "bare_lf"],
    },
    headMs: 60_000,
    keepAliveMs: 75_000,
    page,

    problem(problem, exchange) {
      if (problem === "uri_too_long") return last(page(414, exchange));
      if (problem === "line_too_long" || problem === "too_many_headers")
        return last(page(400, exchange, "400 Request Header Or Cookie Too Large"));
      if (problem === "unsupported_version") return last(page(505, exchange));
      return last(page(400, exchange));
    },

    bodyProblem(problem: BodyProblem, exchange) {
      if (problem === "too_large") return last(page(413, exchange));
      if (problem === "unknown_coding") return last(page(501, exchange));
      // A bad chunk is only met when something reads the body; a missing page answers before that.
      if (problem === "bad_chunk") return undefined;
      return last(page(400, exchange));
    },

    check(exchange) {
      const { head, path } = exchange;
      const hosts = headersOf(head, "host");
      if (head.version === "1.1" && hosts.length !== 1) return last(page(400, exchange));
      if (hosts.some((host) => host !== "" && !HOST.test(host))) return last(page(400, exchange));
      if (!/^[A-Z_-]+$/.test(head.method) || head.method === "CONNECT") return last(page(400, exchange));
      if (head.method === "TRACE") return last(page(405, exchange));
      return isSafePath(path) ? undefined : last(page(400, exchange));
    },

    methodOnFile(exchange, exists) {
      const { method } = exchange.head;
      if (!exists) return page(404, exchange);
      return method === "GET" || method === "HEAD" ? undefined : page(405, exchange);
    },

    render(given, exchange) {
      const { head } = exchange;
      const answer = withConditions(given, exchange, page);
      const close = answer.close === true || !exchange.keepAlive;
      if (head.version === "0.9") return { bytes: answer.body, close: true };
      const packed = isPacked(answer, exchange);
      const { file, status } = answer;
      const sized = !packed && status !== 304 && status !== 204;
      const { headers = [] } = answer;
      const top = sheet(`HTTP/1.1 ${status} ${reason(status)}`, [
        ["Server", banner],
        ["Date", httpDate(exchange.now)],
        ["Content-Type", answer.type],
        ["Content-Length", when(sized, String(answer.body.length))],
        ...headers.filter(([name]) => name === "Location"),
        ["Last-Modified", file && httpDate(file.mtime)],
        ["Transfer-Encoding", when(packed, "chunked")],
        ["Connection", close ? "close" : "keep-alive"],
        ...tagOf(given, answer, packed),
        ...headers.filter(([name]) => name !== "Location"),
        ["Content-Encoding", when(packed, "gzip")],
        ["Accept-Ranges", when(!packed && file !== undefined && status === 200, "bytes")],
      ]);
      if (head.method === "HEAD" || status === 304) return { bytes: top, close };
      const body = packed ? chunked(gzipSync(answer.body, { level: 1 })) : answer.body;
      return { bytes: Buffer.concat([top, body]), close };
    },
  };
}

const tagOf = (given: Answer, { file }: Answer, weak: boolean): readonly Line[] =>
  file === undefined ? [] : [["ETag", `${weak ? "W/" : ""}${etagOf(given)}`]];

/** `gzip on` with its defaults: pages of text/html, never a HEAD, a range or HTTP/1.0. */
const isPacked = (answer: Answer, exchange: Exchange): boolean =>
  exchange.head.version !== "1.0" &&
  exchange.head.method !== "HEAD" &&
  answer.body.length >= GZIP_MINIMUM &&
  (answer.type ?? "").startsWith("text/html") &&
  [200, 403, 404].includes(answer.status) &&
  acceptsGzip(exchange);

const etagOf = ({ file, body }: Answer): string =>
  `"${Math.floor((file?.mtime ?? 0) / 1000).toString(16)}-${body.length.toString(16)}"`;

function withConditions(answer: Answer, exchange: Exchange, page: WebServer["page"]): Answer {
  if (answer.file === undefined || answer.status !== 200) return answer;
  if (isNotModified(exchange, etagOf(answer), answer.file.mtime, true)) {
    const { type: _type, ...rest } = answer;
    return { ...rest, status: 304, body: Buffer.alloc(0) };
  }
  const range = rangeOf(exchange, answer.body.length);
  if (range === undefined) return answer;
  if (range === "unsatisfiable")
    return { ...page(416, exchange), headers: [["Content-Range", `bytes */${answer.body.length}`]] };
  return {
    ...answer,
    status: 206,
    body: answer.body.subarray(range.from, range.to + 1),
    headers: [["Content-Range", `bytes ${range.from}-${range.to}/${answer.body.length}`]],
  };
}

/** Bad escapes, NUL and paths that climb above the root are refused before any location is looked at. */
function isSafePath(path: string): boolean {
  if (!path.startsWith("/") || /%(?![0-9a-f]{2})/i.test(path) || /%00/.test(path)) return false;
  let depth = 0;
  for (const part of path.replaceAll(/%2e/gi, ".").replaceAll(/%2f/gi, "/").split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return false;
  }
  return true;
}
