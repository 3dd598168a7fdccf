// Records what a real web server answers, byte for byte: node scripts/record-http.mjs PRODUCT VERSION HOST PORT > FIXTURE
// Run it against a server with its distribution's default configuration, on loopback. The requests are those that
// tell one server from another: errors, limits, ranges, conditions, old protocol versions.
import { once } from "node:events";
import { connect } from "node:net";

const [product, version, host, port] = process.argv.slice(2);
const H = "Host: www\r\n";
const long = (n) => "a".repeat(n);

/** Name → bytes as sent (latin1). */
const requests = {
  get: `GET / HTTP/1.1\r\n${H}\r\n`,
  get_close: `GET / HTTP/1.1\r\n${H}Connection: close\r\n\r\n`,
  get_keep_alive: `GET / HTTP/1.1\r\n${H}Connection: keep-alive\r\n\r\n`,
  get_gzip: `GET / HTTP/1.1\r\n${H}Accept-Encoding: gzip\r\n\r\n`,
  head: `HEAD / HTTP/1.1\r\n${H}\r\n`,
  missing: `GET /no-such-page HTTP/1.1\r\n${H}\r\n`,
  missing_head: `HEAD /no-such-page HTTP/1.1\r\n${H}\r\n`,
  missing_close: `GET /no-such-page HTTP/1.1\r\n${H}Connection: close\r\n\r\n`,
  missing_gzip: `GET /no-such-page HTTP/1.1\r\n${H}Accept-Encoding: gzip\r\n\r\n`,
  forbidden: `GET /.htaccess HTTP/1.1\r\n${H}\r\n`,
  post_static: `POST / HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\na=b`,
  put: `PUT /x HTTP/1.1\r\n${H}Content-Length: 1\r\n\r\nx`,
  delete: `DELETE / HTTP/1.1\r\n${H}\r\n`,
  options: `OPTIONS / HTTP/1.1\r\n${H}\r\n`,
  trace: `TRACE / HTTP/1.1\r\n${H}\r\n`,
  connect: `CONNECT example.invalid:443 HTTP/1.1\r\n${H}\r\n`,
  propfind: `PROPFIND / HTTP/1.1\r\n${H}\r\n`,
  unknown_method: `FOOBAR / HTTP/1.1\r\n${H}\r\n`,
  lower_method: `get / HTTP/1.1\r\n${H}\r\n`,
  garbage: "\x16\x03\x01\x00\x05hello\r\n\r\n",
  words: "hello world\r\n\r\n",
  no_host: "GET / HTTP/1.1\r\n\r\n",
  bad_host: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
  two_hosts: `GET / HTTP/1.1\r\n${H}${H}\r\n`,
  unknown_host: "GET / HTTP/1.1\r\nHost: somewhere.invalid\r\n\r\n",
  absolute: `GET http://elsewhere.invalid/ HTTP/1.1\r\n${H}\r\n`,
  http10: "GET / HTTP/1.0\r\n\r\n",
  http10_keep: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  http10_missing: "GET /no-such-page HTTP/1.0\r\n\r\n",
  http09: "GET /\r\n",
  http20: `GET / HTTP/2.0\r\n${H}\r\n`,
  http12: `GET / HTTP/1.2\r\n${H}\r\n`,
  version_text: `GET / HTTPS/1.1\r\n${H}\r\n`,
  long_uri: `GET /${long(9_000)} HTTP/1.1\r\n${H}\r\n`,
  long_header: `GET / HTTP/1.1\r\n${H}X: ${long(9_000)}\r\n\r\n`,
  many_headers: `GET / HTTP/1.1\r\n${H}${Array.from({ length: 120 }, (_, n) => `X-${n}: 1\r\n`).join("")}\r\n`,
  header_space: `GET / HTTP/1.1\r\n${H}Bad Header: 1\r\n\r\n`,
  header_colon: `GET / HTTP/1.1\r\n${H}nocolon\r\n\r\n`,
  bad_length: `POST / HTTP/1.1\r\n${H}Content-Length: x\r\n\r\n`,
  huge_length: `POST / HTTP/1.1\r\n${H}Content-Length: 9999999999\r\n\r\n`,
  length_and_chunked: `POST /no-such-page HTTP/1.1\r\n${H}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  unknown_coding: `POST /no-such-page HTTP/1.1\r\n${H}Transfer-Encoding: foo\r\n\r\n`,
  bad_chunk: `POST /no-such-page HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
  chunked: `POST /no-such-page HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n`,
  expect: `POST /no-such-page HTTP/1.1\r\n${H}Content-Length: 3\r\nExpect: 100-continue\r\n\r\na=b`,
  range: `GET / HTTP/1.1\r\n${H}Range: bytes=0-9\r\n\r\n`,
  range_bad: `GET / HTTP/1.1\r\n${H}Range: bytes=99999-\r\n\r\n`,
  modified_since: `GET / HTTP/1.1\r\n${H}If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n\r\n`,
  dot_dot: `GET /../../etc/passwd HTTP/1.1\r\n${H}\r\n`,
  percent_dots: `GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${H}\r\n`,
  percent_nul: `GET /%00 HTTP/1.1\r\n${H}\r\n`,
  percent_bad: `GET /%zz HTTP/1.1\r\n${H}\r\n`,
  pipelined: `GET /one HTTP/1.1\r\n${H}\r\nGET /two HTTP/1.1\r\n${H}Connection: close\r\n\r\n`,
  leading_newline: `\r\nGET /no-such-page HTTP/1.1\r\n${H}\r\n`,
  bare_lf: `GET /no-such-page HTTP/1.1\nHost: www\n\n`,
};

const QUIET_MS = 700;

async function ask(bytes) {
  const socket = connect({ host, port: Number(port) });
  await once(socket, "connect");
  const chunks = [];
  let timer;
  const quiet = Promise.withResolvers();
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(() => quiet.resolve("open"), QUIET_MS);
  };
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    arm();
  });
  socket.on("error", () => quiet.resolve("closed"));
  socket.once("end", () => quiet.resolve("closed"));
  socket.write(Buffer.from(bytes, "latin1"));
  arm();
  const after = await quiet.promise;
  clearTimeout(timer);
  socket.destroy();
  return { after, answer: Buffer.concat(chunks).toString("latin1") };
}

const dialogues = {};
for (const [name, sent] of Object.entries(requests)) dialogues[name] = { sent, ...(await ask(sent)) };
process.stdout.write(
  `${JSON.stringify({ product, version, recorded: new Date().toISOString().slice(0, 10), dialogues }, null, 1)}\n`,
);
