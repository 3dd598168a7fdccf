import { mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { numberedLine } from "./spool-lines.ts";

/**
 * `node writer-program.ts <folder> <ledger> <lines per tick> <bytes per file> <last>`: a decoy that appends numbered
 * lines to a run of its own. Behind each line that is in the spool, the ledger says so.
 */
const [folder = "", ledger = "", perTick = "20", fileBytes = "100000", last = "1000000000"] =
  process.argv.slice(2);

const run = `${new Date().toISOString().replaceAll(/[-:.]/g, "")}-${String(process.pid)}`;
mkdirSync(folder, { recursive: true });
const acknowledged = openSync(join(ledger, run), "w");
let file = 0;
let size = 0;
let fd = -1;
let n = 0;

function append(line: Buffer): void {
  if (fd < 0 || size > Number(fileBytes)) {
    fd = openSync(join(folder, `${run}-${String(++file).padStart(5, "0")}.log`), "a", 0o640);
    size = 0;
  }
  writeSync(fd, line);
  size += line.length;
}

const timer = setInterval(() => {
  for (let i = 0; i < Number(perTick) && n < Number(last); i++) {
    append(Buffer.from(`${numberedLine(run, n)}\n`));
    writeSync(acknowledged, Buffer.from(String(++n).padEnd(12)), 0, 12, 0);
  }
  if (n >= Number(last)) clearInterval(timer);
}, 10);
process.once("SIGTERM", () => clearInterval(timer));
process.stdout.write("started\n");
