import type { ProgramContext } from "../command.ts";
import { localTime, strftime } from "../format.ts";
import { attemptDownload, parseUrl, type Target } from "./download.ts";
import { type WgetCall, wgetCall } from "./wget-call.ts";

export async function wget(context: ProgramContext): Promise<number> {
  const call = wgetCall(context.args);
  if (call.bad !== undefined)
    return context.fail(
      `wget: ${call.bad}\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.`,
      2,
    );
  if (call.urls.length === 0)
    return context.fail(
      "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.",
    );
  if (call.out !== undefined && call.out !== "-") {
    const out = call.out;
    const made = context.attempt(() => {
      context.fs.write(context.path(out), new Uint8Array(0));
    });
    if (made.error !== undefined) return context.fail(`${out}: ${made.error}`, 1);
  }
  for (const url of call.urls) await wgetOne(context, parseUrl(url), call);
  return 4;
}

async function wgetOne(context: ProgramContext, target: Target, call: WgetCall): Promise<void> {
  const say = async (text: string) => {
    if (!call.quiet) await context.err(text);
  };
  const outcome = attemptDownload(context, target, {
    tool: "wget",
    userAgent: call.agent,
    ...(call.out === undefined ? {} : { out: call.out }),
  });
  const wait = Math.min(outcome.afterMs, call.timeoutMs);
  for (let turn = 1; turn <= call.tries; turn++) {
    const stamp = strftime("%Y-%m-%d %H:%M:%S", localTime(context.world, context.world.now()));
    await say(`--${stamp}--  ${turn > 1 ? `(try:${String(turn).padStart(2)})  ` : ""}${target.url}\n`);
    if (outcome.error === "name") {
      await say(`Resolving ${target.host} (${target.host})... `);
      await context.sleep(outcome.afterMs);
      await say(
        `failed: Temporary failure in name resolution.\nwget: unable to resolve host address ‘${target.host}’\n`,
      );
      return;
    }
    await say(`Connecting to ${target.host}:${target.port}... `);
    await context.sleep(wait);
    await say(`failed: ${outcome.text}.\n`);
    if (outcome.error !== "timeout") return;
    await say(turn < call.tries ? "Retrying.\n\n" : "Giving up.\n\n");
    if (turn < call.tries) await context.sleep(Math.min(turn, 10) * 1000);
  }
}
