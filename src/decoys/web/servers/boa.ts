import type { Answer, Exchange, WebServer } from "../contract.ts";
import { httpDate } from "../sheet.ts";

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  301: "Moved Permanently",
  302: "Moved Temporarily",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Request Entity Too Large",
  414: "Request-URI Too Long",
  500: "Server Error",
  501: "Not Implemented",
};

const SENTENCES: Readonly<Record<number, string>> = {
  400: "Your client has issued a malformed or illegal request.",
  403: "You do not have permission to get the requested URL from this server.",
  404: "The requested URL was not found on this server.",
  501: "The requested method is not implemented by this server.",
};

const reason = (status: number): string => REASONS[status] ?? "";

/** A small server of embedded devices: HTTP/1.0, one answer a connection, few words. */
export function boa(version: string): WebServer {
  const banner = `Boa/${version}`;
  const page = (status: number): Answer => ({
    status,
    own: true,
    close: true,
    type: "text/html; charset=ISO-8859-1",
    body: Buffer.from(
      `<HTML><HEAD><TITLE>${status} ${reason(status)}</TITLE></HEAD>\n<BODY><H1>${status} ${reason(status)}</H1>\n${SENTENCES[status] ?? ""}\n</BODY></HTML>\n`,
    ),
  });
  return {
    name: "boa",
    limits: {
      requestLine: 2_048,
      headerLine: 2_048,
      headers: 64,
      total: 8_192,
      body: 1_048_576,
      forgives: ["header_without_colon", "bad_header", "bare_lf", "unsupported_version"],
    },
    headMs: 60_000,
    keepAliveMs: 10_000,
    page,
    problem: (problem) => page(problem === "uri_too_long" ? 414 : 400),
    bodyProblem: (problem) => (problem === "too_large" ? page(413) : page(400)),
    check({ head, path }) {
      if (!["GET", "HEAD", "POST"].includes(head.method)) return page(501);
      return path.startsWith("/") && !path.includes("..") ? undefined : page(400);
    },
    methodOnFile: (_exchange, exists) => (exists ? undefined : page(404)),
    render(answer: Answer, exchange: Exchange) {
      if (exchange.head.version === "0.9") return { bytes: answer.body, close: true };
      const lines = [`HTTP/1.0 ${answer.status} ${reason(answer.status)}`, `Date: ${httpDate(exchange.now)}`];
      lines.push(`Server: ${banner}`, "Connection: close");
      for (const [name, value] of answer.headers ?? []) lines.push(`${name}: ${value}`);
      if (answer.file !== undefined)
        lines.push(`Content-Length: ${answer.body.length}`, `Last-Modified: ${httpDate(answer.file.mtime)}`);
      if (answer.type !== undefined) lines.push(`Content-Type: ${answer.type}`);
      const top = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
      return {
        bytes: exchange.head.method === "HEAD" ? top : Buffer.concat([top, answer.body]),
        close: true,
      };
    },
  };
}
