import { expect, test } from "vitest";
import { entry, query, runProgram, startProduct, waitFor } from "./harness.ts";

test("played attackers are other addresses whose doings arrive; only loopback is ever attacked", async () => {
  await using product = await startProduct();
  const env = { DECNET_DATA_DIR: product.dataDir };
  const refused = await runProgram(process.execPath, [entry, "simulate", "--host", "192.0.2.1"], { env });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("not a loopback address");

  const played = await runProgram(
    process.execPath,
    [entry, "simulate", "--attackers", "5", "--speed", "10", "--seed", "7"],
    {
      env,
      timeoutMs: 110_000,
    },
  );
  expect(played.code).toBe(0);
  expect(played.stdout).toMatch(/5 attackers, \d+ attempts, commands and requests/);
  const services = await waitFor(
    () => {
      const rows = query<{ service: string; attackers: number }>(
        product.dataDir,
        "SELECT service, count(DISTINCT attacker_ip) AS attackers FROM events WHERE attacker_ip IS NOT NULL GROUP BY service ORDER BY service",
      );
      return rows.some(({ service }) => service === "telnet") && rows.some(({ service }) => service === "ssh")
        ? rows
        : undefined;
    },
    20_000,
    () =>
      `events by service: ${JSON.stringify(query(product.dataDir, "SELECT service, count(*) FROM events GROUP BY service"))}`,
  );
  expect(services.reduce((sum, { attackers }) => sum + attackers, 0)).toBeGreaterThanOrEqual(5);
  const [commands] = query<{ n: number }>(product.dataDir, "SELECT count(*) AS n FROM session_commands");
  expect(commands?.n).toBeGreaterThan(10);
});
