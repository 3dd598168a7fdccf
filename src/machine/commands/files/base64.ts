import type { Program, ProgramContext } from "../command.ts";
import { badOption } from "../operands.ts";
import { inputs } from "../text/streams.ts";

async function base64(context: ProgramContext): Promise<number> {
  const decodes = context.args.some((arg) => /^(-\w*d\w*|--decode)$/.test(arg));
  const wrapAt = context.args.findIndex((arg) => arg.startsWith("-w"));
  const wrap =
    wrapAt < 0 ? 76 : Number((context.args[wrapAt] ?? "").slice(2) || context.args[wrapAt + 1] || 76);
  const bad = context.args.find(
    (arg) => arg.startsWith("--") && !/^--(decode|wrap=\d+|ignore-garbage|help|version)$/.test(arg),
  );
  if (bad !== undefined) return badOption(context, bad);
  const valueAt = wrapAt >= 0 && context.args[wrapAt] === "-w" ? wrapAt + 1 : -1;
  const names = context.args.filter((arg, index) => !/^-./.test(arg) && index !== valueAt);
  let status = 0;
  for await (const { input } of inputs(context, names, () => (status = 1))) {
    const bytes = Buffer.from(await input.bytes());
    if (!decodes) await context.out(wrapped(bytes.toString("base64"), wrap));
    else status = (await decode(context, bytes.toString("latin1").replace(/\n/g, ""))) || status;
  }
  return status;
}

function wrapped(text: string, columns: number): string {
  if (!(columns > 0)) return text;
  return text.replace(new RegExp(`(.{${columns}})(?=.)`, "g"), "$1\n") + (text === "" ? "" : "\n");
}

async function decode(context: ProgramContext, text: string): Promise<number> {
  await context.out(Buffer.from(text.replace(/[^A-Za-z0-9+/=].*$/s, ""), "base64"));
  const invalid = /[^A-Za-z0-9+/=]/.test(text) || text.replace(/=+$/, "").length % 4 === 1;
  return invalid ? context.fail(`${context.argv0}: invalid input`) : 0;
}

export const base64Programs: readonly Program[] = [{ names: ["base64"], run: base64 }];
