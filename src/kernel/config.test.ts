import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { ConfigError, flag, loadConfig, nearest, settingsTable, undescribed } from "./config.ts";

const schema = z.strictObject({
  api: z.strictObject({
    port: z.coerce
      .number()
      .int()
      .min(0)
      .max(65_535)
      .default(8000)
      .meta({ description: "TCP port", env: "DECNET_API_PORT" }),
    idleMs: z.coerce
      .number()
      .int()
      .positive()
      .default(1000)
      .meta({ description: "idle", aliases: ["DECNET_OLD_IDLE"] }),
  }),
  quiet: flag(false).meta({ description: "less words" }),
});

test("a setting takes its name from its path unless one is given", () => {
  expect(loadConfig(schema, { DECNET_API_IDLE_MS: "7", DECNET_API_PORT: "1", DECNET_QUIET: "yes" })).toEqual({
    api: { port: 1, idleMs: 7 },
    quiet: true,
  });
});

test("an older name still works and the main name wins", () => {
  expect(loadConfig(schema, { DECNET_OLD_IDLE: "8" }).api.idleMs).toBe(8);
  expect(loadConfig(schema, { DECNET_OLD_IDLE: "8", DECNET_API_IDLE_MS: "9" }).api.idleMs).toBe(9);
});

test("every problem is reported at once, with the nearest name for a typo", () => {
  const error = expectError(() => loadConfig(schema, { DECNET_API_PORT: "x", DECNET_API_PROT: "1" }));
  expect(error.message).toContain("DECNET_API_PROT: no such setting; did you mean DECNET_API_PORT?");
  expect(error.message).toContain("DECNET_API_PORT: ");
  expect(error.message.split("\n")).toHaveLength(2);
});

test("variables of others do not matter", () => {
  expect(loadConfig(schema, { PATH: "/bin", DECNET_FOREIGN: "1" }, ["DECNET_FOREIGN"]).quiet).toBe(false);
});

test("the table names every setting and nothing stands without a description", () => {
  expect([...settingsTable(schema)]).toEqual([
    "| variable | default | meaning |",
    "| --- | --- | --- |",
    "| `DECNET_API_PORT` | `8000` | TCP port |",
    "| `DECNET_API_IDLE_MS` | `1000` | idle |",
    "| `DECNET_QUIET` | `false` | less words |",
  ]);
  expect(undescribed(schema)).toEqual([]);
});

test("any environment gives a configuration or a ConfigError", () => {
  const name = fc.constantFrom("DECNET_API_PORT", "DECNET_QUIET", "DECNET_X", "HOME");
  fc.assert(
    fc.property(fc.dictionary(name, fc.string()), (env) => {
      const thrown = errorOf(() => loadConfig(schema, env));
      expect(thrown === undefined || thrown instanceof ConfigError).toBe(true);
    }),
  );
});

test("a name that is far from all is not guessed", () => {
  expect(nearest("zzzzzzzz", ["alpha", "beta"])).toBeUndefined();
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectError(run: () => unknown): Error {
  const error = errorOf(run);
  if (error instanceof Error) return error;
  throw new Error("nothing was thrown");
}
