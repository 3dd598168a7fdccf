import { parentPort, workerData } from "node:worker_threads";
import { silentLog } from "../log.ts";
import { Supervisor } from "../supervisor.ts";
import { reportStatus, serveThread } from "../thread.ts";

/** A thread with one worker that lives until told, or throws out of band when its data says so. */
const supervisor = new Supervisor({ log: silentLog, onChange: reportStatus });
supervisor.add({
  name: "inner",
  policy: "required",
  async run(context, signal) {
    context.progress(0, 0);
    if ((workerData as { crash: boolean }).crash)
      setImmediate(() => {
        throw new Error("planned");
      });
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  },
});
if (parentPort !== null) await serveThread(supervisor, parentPort);
