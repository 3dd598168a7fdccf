import { readFileSync } from "node:fs";
import { duplexPair } from "node:stream";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Answer, WebServer } from "./contract.ts";
import { apache } from "./servers/apache.ts";
import { nginx } from "./servers/nginx.ts";
import { serveHttp } from "./session.ts";

interface Recording {
  readonly port: number;
  readonly dialogues: Readonly<
    Record<string, { readonly sent: string; readonly answer: string; readonly after: string }>
  >;
}

const load = (name: string): Recording =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8")) as Recording;

/** The document root of the recorded server: one page, as it was served. */
function rootOf(recording: Recording): (path: string) => Answer | undefined {
  const [head = "", ...rest] = recording.dialogues["get"]?.answer.split("\r\n\r\n") ?? [];
  const modified = Date.parse(/Last-Modified: (.*)/.exec(head)?.[1] ?? "");
  const micros = Number.parseInt(/ETag: "[0-9a-f]+-([0-9a-f]{10,})"/.exec(head)?.[1] ?? "0", 16);
  const page: Answer = {
    status: 200,
    type: "text/html",
    body: Buffer.from(rest.join("\r\n\r\n"), "latin1"),
    file: { mtime: micros > 0 ? micros / 1000 : modified },
  };
  return (path) => (path === "/" ? page : undefined);
}

async function replay(
  server: WebServer,
  recording: Recording,
  sent: string,
): Promise<{ answer: string; after: string }> {
  const [near, far] = duplexPair();
  const page = rootOf(recording);
  let answer = "";
  near.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  const done = serveHttp(far, {
    server,
    now: () => Date.parse("2026-11-22T10:34:00Z"),
    localAddress: "127.0.0.1",
    localPort: recording.port,
    bodyLimit: 16 * 1_048_576,
    stage: () => {},
    answer: async (exchange) => {
      const file = page(exchange.path);
      return server.methodOnFile(exchange, file !== undefined) ?? file ?? server.page(404, exchange);
    },
    handled: () => {},
    foreign: () => {},
  }).then(() => "closed");
  near.write(Buffer.from(sent, "latin1"));
  // The dialogue is over when the server has nothing left to read and nothing left to say.
  const after = await Promise.race([done, new Promise<string>((resolve) => setTimeout(resolve, 60, "open"))]);
  // What was written last is still on its way between the two ends.
  await new Promise((resolve) => setTimeout(resolve, 5));
  near.destroy();
  far.destroy();
  return { answer, after };
}

/** What differs from run to run by nature: the date, and how a compressor packs. */
function comparable(answer: string): string {
  const dated = answer.replaceAll(/Date: .*\r\n/g, "Date: D\r\n");
  if (!/Content-Encoding: gzip/.test(dated)) return dated;
  const [head = "", ...rest] = dated.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  const packed = /Transfer-Encoding: chunked/.test(head)
    ? body.slice(body.indexOf("\r\n") + 2, body.lastIndexOf("\r\n0\r\n"))
    : body;
  return `${head.replace(/Content-Length: \d+/, "Content-Length: N")}\r\n\r\n${gunzipSync(Buffer.from(packed, "latin1")).toString("latin1")}`;
}

/** nginx waits a moment for the rest of a body it has refused; who ends the socket decides that, not the dialogue. */
const lingers = ["huge_length"];

const servers = [
  ["nginx", nginx("1.22.1")],
  ["apache2", apache("2.4.71")],
] as const;

describe.each(servers)("%s", (name, server) => {
  const recording = load(name);
  const cases = Object.entries(recording.dialogues);

  test("there is something to replay", () => {
    expect(cases.length).toBeGreaterThan(40);
  });

  test.each(cases)("%s is answered as recorded", async (caseName, { sent, answer, after }) => {
    const got = await replay(server, recording, sent);
    expect(comparable(got.answer)).toBe(comparable(answer));
    expect(got.after).toBe(lingers.includes(caseName) ? "closed" : after);
  });
});
