import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { optionsTable } from "./options-table.ts";
import { decoys } from "./registry.ts";
import { startDecoy } from "./testing/start-decoy.ts";

/** Keys that the connection log and the encoder add by themselves. */
const added = /^(src_ip|src_port|dst_port|conn|sid|repeats|src|remote_addr|.*_(truncated|bytes|sha256))$/;
/** Words of ours that no byte sent to anybody may hold. */
const forbidden = /decky|decnet|honeypot|cowrie|kippo|probe-01|\/decoy-|node:internal|at \w+ \(/i;

test("the registry is not empty", () => {
  expect(decoys.length).toBeGreaterThan(1);
});

test("no two decoys have one slug", () => {
  expect(new Set(decoys.map(({ slug }) => slug)).size).toBe(decoys.length);
});

/** Sends bytes, half-closes or not, and gives back everything that came. */
async function exchange(port: number, bytes: Uint8Array, waitMs: number): Promise<Buffer> {
  const client = connect(port, "127.0.0.1").on("error", () => {});
  const chunks: Buffer[] = [];
  client.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(client, "connect");
  client.write(bytes);
  const timer = setTimeout(() => client.destroy(), waitMs);
  await once(client, "close");
  clearTimeout(timer);
  return Buffer.concat(chunks);
}

const openers = [
  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "SSH-2.0-Go\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "\n\n\n\n\n\n\n\n\n\n",
  "\r\r\r\r\r\r\r\r",
  "EHLO there\r\n",
  "\xff\xfb\x01\xff\xfd\x03\xff\xfa\x18",
  "root\r\nroot\r\n",
];

describe.each(decoys.map((decoy) => ({ slug: decoy.slug, decoy })))("$slug", ({ slug, decoy }) => {
  const readme = new URL(`./${slug}/README.md`, import.meta.url);

  test("lives in the folder it is named after, with a README that holds its options", () => {
    expect(existsSync(new URL(`./${slug}/index.ts`, import.meta.url))).toBe(true);
    // The formatter aligns tables; only their content counts.
    const plain = (text: string) => text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
    expect(plain(readFileSync(readme, "utf8"))).toContain(plain([...optionsTable(decoy.persona)].join("\n")));
  });

  test("describes every option and refuses unknown ones", () => {
    const undescribed = Object.entries(decoy.persona.shape).filter(
      ([, option]) => !z.globalRegistry.get(option)?.description,
    );
    expect(undescribed.map(([name]) => name)).toEqual([]);
    expect(decoy.persona.safeParse({ no_such_option: 1 }).success).toBe(false);
  });

  test("declares the events every TCP service has", () => {
    const common = [
      "connect",
      "disconnect",
      "protocol_error",
      "limit_hit",
      "overload",
      "startup",
      "shutdown",
    ];
    expect(common.filter((type) => !(type in decoy.events))).toEqual([]);
  });

  test("survives any bytes, sends nothing of ours, and emits only what it declares", {
    timeout: 60_000,
  }, async () => {
    const running = await startDecoy(decoy);
    const [declared] = decoy.ports(decoy.persona.parse({}));
    const port = running.port(declared?.port ?? 0);
    const answers: Buffer[] = [];
    const inputs = [
      ...openers.map((text) => Buffer.from(text, "latin1")),
      ...fc.sample(fc.uint8Array({ maxLength: 512 }), { numRuns: 40, seed: 7 }),
      ...openers.map((text) => Buffer.concat([Buffer.from(text, "latin1"), randomBytes(600)])),
    ];
    for (let at = 0; at < inputs.length; at += 8)
      answers.push(
        ...(await Promise.all(inputs.slice(at, at + 8).map((bytes) => exchange(port, bytes, 120)))),
      );
    const before = performance.now();
    await running[Symbol.asyncDispose]();
    expect(performance.now() - before).toBeLessThan(5_000);

    expect(Buffer.concat(answers).toString("latin1")).not.toMatch(forbidden);
    const events = await running.events();
    expect(events.filter(({ type }) => type === "connect").length).toBeGreaterThan(20);
    const unknown = events.filter(({ type }) => !(type in decoy.events) && type !== "lines_lost");
    expect(unknown.map(({ type }) => type)).toEqual([]);
    const strange = events.flatMap(({ type, fields }) =>
      Object.keys(fields)
        .filter((key) => !added.test(key) && !(key in (decoy.events[type]?.shape ?? {})))
        .map((key) => `${type}.${key}`),
    );
    expect(strange).toEqual([]);
    // Whoever came is told with an address, and every connect has its disconnect.
    const conns = (type: string) =>
      events
        .filter((event) => event.type === type)
        .map(({ fields }) => fields["conn"] ?? "")
        .toSorted((a, b) => a.localeCompare(b));
    expect(conns("disconnect")).toEqual(conns("connect"));
    expect(
      events.filter(({ fields, type }) => type === "connect" && fields["src_ip"] !== "127.0.0.1"),
    ).toEqual([]);
  });
});
