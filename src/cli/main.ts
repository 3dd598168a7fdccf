#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, workerData } from "node:worker_threads";

/** This file plays every role: the command line, each worker thread and each local decky. */
const entry = fileURLToPath(import.meta.url);

// Sources run by type stripping: the cache keeps what was stripped, so that only the first start pays for it, in
// time and in the memory of the stripper, which every process and thread would load.
if (entry.endsWith(".ts")) enableCompileCache(join(dirname(entry), "../../node_modules/.cache/compile"));

if (!isMainThread && parentPort !== null) {
  const { runThread } = await import("#app/threads.ts");
  await runThread(workerData, parentPort);
} else if (process.argv[2] === "__decky") {
  const { runDeckyProcess } = await import("#app/decky.ts");
  await runDeckyProcess(process.argv[3] ?? "");
} else {
  const { runCommandLine } = await import("./program.ts");
  await runCommandLine(process.argv, entry);
}
