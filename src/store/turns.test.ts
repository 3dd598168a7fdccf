import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("ingest goes first, and a consumer that waits gets every fourth turn", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const run = async (turn: "ingest" | "consumer", times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) {
      await turns.take(turn);
      order.push(turn === "ingest" ? "i" : "c");
    }
  };
  await Promise.all([run("consumer", 3), run("ingest", 9)]);
  expect(order.join("")).toBe("iiiciiiciiic");
});

test("timers run between two turns", async () => {
  const turns = new Turns();
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 1);
  for (let i = 0; !fired && i < 1_000_000; i += 1) await turns.take("ingest");
  expect(fired).toBe(true);
});
