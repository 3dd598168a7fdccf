import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { commonEvents, lifecycleEvents } from "#events/common-events.ts";
import { type Connection, defineDecoy, type EventCatalogue } from "../contract.ts";
import { startDecoy } from "../testing/start-decoy.ts";
import { failRunningConnection } from "./connection.ts";

const events = { ...commonEvents, ...lifecycleEvents, said: z.strictObject({ text: z.string().max(16) }) };
type Serve = (connection: Connection<typeof events>) => void;

const probe = (serve: Serve, limits = {}) =>
  defineDecoy({
    slug: "probe",
    title: "Probe",
    persona: z.strictObject({}),
    events: events as typeof events & EventCatalogue,
    ports: () => [{ port: 7, proto: "tcp", purpose: "probe" }],
    listen: async (context) => {
      await context.listenTcp({ port: 7, proto: "tcp", purpose: "probe" }, serve, limits);
      return { async [Symbol.asyncDispose]() {} };
    },
  });

const echo: Serve = ({ socket }) => void socket.pipe(socket);

const types = (events: readonly { type: string }[]): string[] => events.map(({ type }) => type);

async function talk(port: number, text: string): Promise<string> {
  const client = connect(port, "127.0.0.1").on("error", () => {});
  client.end(text);
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe("a bounded connection", () => {
  test("tells connect at once and disconnect with its bytes at the end", async () => {
    await using running = await startDecoy(probe(echo));
    expect(await talk(running.port(7), "hello")).toBe("hello");
    const disconnect = await running.waitFor("disconnect");
    expect(types(await running.events())).toEqual(["startup", "connect", "disconnect"]);
    expect(disconnect.fields).toMatchObject({
      src_ip: "127.0.0.1",
      dst_port: String(running.port(7)),
      bytes_in: "5",
      bytes_out: "5",
      reason: "client",
    });
    expect(disconnect.fields["conn"]).toMatch(/^[0-9a-f]{16}$/);
  });

  test("a handler that throws ends its own connection with protocol_error and no other", async () => {
    await using running = await startDecoy(
      probe(({ socket }) => {
        socket.on("data", (chunk: Buffer) => {
          if (chunk.toString() === "boom") throw new TypeError("a bug");
          socket.write(chunk);
        });
        socket.on("end", () => socket.end());
      }),
    );
    const other = connect(running.port(7), "127.0.0.1");
    await once(other, "connect");
    expect(await talk(running.port(7), "boom")).toBe("");
    const error = await running.waitFor("protocol_error");
    expect(error.fields).toMatchObject({ stage: "connected", error: "TypeError" });
    other.end("still here");
    const [answer] = (await once(other, "data")) as [Buffer];
    expect(answer.toString()).toBe("still here");
  });

  test("what a timer of a handler throws belongs to the connection that set it", async () => {
    await using running = await startDecoy(
      probe(({ socket }) => {
        socket.resume();
        setTimeout(() => failRunningConnection(new RangeError("later")), 20);
      }),
    );
    const client = connect(running.port(7), "127.0.0.1");
    await once(client.resume(), "close");
    expect((await running.waitFor("protocol_error")).fields["error"]).toBe("RangeError");
    expect(failRunningConnection(new Error("nobody's"))).toBe(false);
  });

  test("a stage deadline is absolute: bytes do not move it", async () => {
    await using running = await startDecoy(
      probe((connection) => {
        connection.stage("login", 150);
        connection.onLimit((limit) => void connection.socket.write(`late: ${limit}`));
        connection.socket.resume();
      }),
    );
    const client = connect(running.port(7), "127.0.0.1");
    const drip = setInterval(() => client.write("x"), 20);
    const [answer] = (await once(client, "data")) as [Buffer];
    clearInterval(drip);
    client.destroy();
    expect(answer.toString()).toBe("late: login");
    expect((await running.waitFor("disconnect")).fields["reason"]).toBe("timeout");
  });

  test("too many bytes end it with limit_hit", async () => {
    await using running = await startDecoy(probe(({ socket }) => void socket.resume(), { bytesIn: 1_000 }));
    await talk(running.port(7), "x".repeat(5_000));
    expect((await running.waitFor("limit_hit")).fields["limit"]).toBe("bytes_in");
    expect((await running.waitFor("disconnect")).fields["reason"]).toBe("limit");
  });

  test("a field longer than its schema allows is cut and says so", async () => {
    await using running = await startDecoy(
      probe(({ log, socket }) => {
        log.emit("said", { text: "é".repeat(20) });
        socket.end();
      }),
    );
    await talk(running.port(7), "");
    expect((await running.waitFor("said")).fields).toMatchObject({
      text: "é".repeat(8),
      text_truncated: "true",
      text_bytes: "40",
    });
  });
});

describe("floods", () => {
  test("connections over the cap of a source get the daemon's refusal and one summed event", async () => {
    const running = await startDecoy(probe(echo, { perSource: 3, refusal: Buffer.from("full\r\n") }));
    const held = Array.from({ length: 3 }, () => connect(running.port(7), "127.0.0.1"));
    await Promise.all(held.map((socket) => once(socket, "connect")));
    while ((await running.events()).filter(({ type }) => type === "connect").length < 3)
      await running.waitFor("connect");
    expect(await talk(running.port(7), "")).toBe("full\r\n");
    expect(await talk(running.port(7), "")).toBe("full\r\n");
    for (const socket of held) socket.destroy();
    await running[Symbol.asyncDispose]();
    const all = await running.events();
    expect(all.filter(({ type }) => type === "connect")).toHaveLength(3);
    expect(all.find(({ type }) => type === "overload")?.fields).toMatchObject({
      refused: "2",
      sources: "1",
      src_ip: "127.0.0.1",
    });
  });

  test("events over the budget are summed in repeats and suppressed, and none is uncounted", async () => {
    const running = await startDecoy(
      probe(({ log, socket }) => {
        for (let n = 0; n < 700; n += 1) log.emit("said", { text: `n${n}` });
        socket.end();
      }),
    );
    await talk(running.port(7), "");
    await running.waitFor("disconnect");
    await running[Symbol.asyncDispose]();
    const all = await running.events();
    const said = all.filter(({ type }) => type === "said").length;
    const disconnect = all.find(({ type }) => type === "disconnect");
    expect(said).toBeLessThan(700);
    expect(said + Number(disconnect?.fields["suppressed"])).toBe(700);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  });

  test("disposal ends open connections with their end events within five seconds", async () => {
    const running = await startDecoy(probe(({ socket }) => void socket.resume()));
    const clients = Array.from({ length: 20 }, () =>
      connect(running.port(7), "127.0.0.1").on("error", () => {}),
    );
    await Promise.all(clients.map((client) => once(client, "connect")));
    while ((await running.events()).filter(({ type }) => type === "connect").length < 20)
      await running.waitFor("connect");
    const before = performance.now();
    await running[Symbol.asyncDispose]();
    expect(performance.now() - before).toBeLessThan(5_000);
    const all = await running.events();
    expect(all.filter(({ type }) => type === "disconnect")).toHaveLength(20);
    expect(all.at(-1)?.type).toBe("shutdown");
    for (const client of clients) client.destroy();
  });
});
