import type { ProgramContext } from "../command.ts";
import { showUsage } from "./operands.ts";
import { connectOutcome } from "./reach.ts";

const notHere = "fatal: not a git repository (or any of the parent directories): .git";

/** Only what an attacker does with it: fetching a repository. */
export async function git(context: ProgramContext): Promise<number> {
  const [command, ...rest] = context.args;
  const url = rest.find((arg) => /^(https?|git|ssh):\/\/|^[^/]+@[^:]+:/.test(arg));
  if (command === "clone" && url !== undefined) return clone(context, url);
  if (command === "status" || command === "log" || command === "pull") return context.fail(notHere, 128);
  return showUsage(context);
}

const folderOf = (url: string) =>
  url
    .replace(/\/$/, "")
    .replace(/\.git$/, "")
    .split(/[/:]/)
    .at(-1) ?? "repo";

function portOf(url: string): number {
  if (url.startsWith("http:")) return 80;
  return url.startsWith("https:") ? 443 : 22;
}

async function clone(context: ProgramContext, url: string): Promise<number> {
  const host = /^(?:\w+:\/\/)?(?:[^@/]*@)?([^:/]+)/.exec(url)?.[1] ?? "";
  const port = portOf(url);
  const outcome = connectOutcome(context.login, host, port);
  context.login.observer.downloadAttempt({
    url,
    tool: "git",
    result: outcome.error === "refused" ? "refused" : "filtered",
    n: context.run.n,
  });
  await context.err(`Cloning into '${folderOf(url)}'...\n`);
  await context.sleep(outcome.afterMs);
  const reason =
    outcome.error === "name"
      ? `Could not resolve host: ${host}`
      : `Failed to connect to ${host} port ${port} after ${Math.round(outcome.afterMs)} ms: Couldn't connect to server`;
  return context.fail(`fatal: unable to access '${url.replace(/\/$/, "")}/': ${reason}`, 128);
}
