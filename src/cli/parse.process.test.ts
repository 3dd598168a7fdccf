import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = `
  import { parseCommand } from ${JSON.stringify(fileURLToPath(new URL("parse.ts", import.meta.url)))};
  await parseCommand().parseAsync(["node", "parse", "--received", "2026-07-19T14:22:33Z"]);
  process.stderr.write("peak " + process.resourceUsage().maxRSS + "\\n");
`;
const line = `<134>1 2026-07-19T14:22:31.250417+00:00 quill-07 http - request [relay@55555 src_ip="192.0.2.41" path="/${"a".repeat(400)}"] x\n`;

test("a stream of 128 MiB passes in constant memory", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const block = Buffer.from(line.repeat(2_000));
  let errors = "";
  let records = 0;
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) records++;
  });
  const blocks = Math.ceil((128 * 1024 * 1024) / block.length);
  for (let i = 0; i < blocks; i++) {
    if (!child.stdin.write(block)) await once(child.stdin, "drain");
  }
  child.stdin.end();
  const [code] = (await once(child, "close")) as [number];
  const peakKiB = Number(/peak (\d+)/.exec(errors)?.[1]);
  expect([code, records]).toEqual([0, blocks * 2_000]);
  expect(peakKiB).toBeLessThan(256 * 1024);
});

test("a reader that leaves ends it with success", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {});
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.once("data", () => child.stdout.destroy());
  const feed = setInterval(() => child.stdin.write(line.repeat(200)), 5);
  const [code] = (await once(child, "close")) as [number];
  clearInterval(feed);
  expect([code, errors.replace(/peak \d+\n/, "")]).toEqual([0, ""]);
});
