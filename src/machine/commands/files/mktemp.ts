import type { Program, ProgramContext } from "../command.ts";
import { options } from "../options.ts";

async function mktemp(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "dp:qtuV",
    long: { directory: "d", "dry-run": "u", "tmpdir?": "p", "suffix=": "s" },
  });
  if (typeof parsed === "number") return parsed;
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const template = parsed.rest[0] ?? "tmp.XXXXXXXXXX";
  const xs = /X{3,}(?=[^X]*$)/.exec(template);
  if (!xs) return context.fail(`${context.argv0}: too few X's in template ‘${template}’`);
  const random = xs[0].replace(/X/g, () => letters[Math.floor(Math.random() * letters.length)] ?? "a");
  const named = template.slice(0, xs.index) + random + template.slice(xs.index + xs[0].length);
  const path =
    parsed.rest[0] === undefined || parsed.has("p") || parsed.has("t")
      ? `${parsed.value("p") || context.env.get("TMPDIR") || "/tmp"}/${named}`
      : named;
  const made = parsed.has("u")
    ? { error: undefined }
    : context.attempt(() => {
        if (parsed.has("d")) context.fs.mkdir(context.path(path), 0o700);
        else context.fs.write(context.path(path), new Uint8Array(0), { mode: 0o600, exclusive: true });
      });
  if (made.error !== undefined)
    return context.fail(
      `${context.argv0}: failed to create ${parsed.has("d") ? "directory" : "file"} via template ‘${path.replace(random, xs[0])}’: ${made.error}`,
    );
  await context.out(`${path}\n`);
  return 0;
}

export const mktempPrograms: readonly Program[] = [{ names: ["mktemp"], run: mktemp }];
