import { ShellError } from "../control.ts";
import type { OpenFile } from "../open-file.ts";
import type { ShellProcess } from "../shell-process.ts";
import { decode } from "../text.ts";

interface MapfileOptions {
  readonly strip: boolean;
  readonly limit: number;
  readonly fd: number;
  readonly name: string;
}

/** Bytes that one `mapfile` reads. */
const MAX_BYTES = 8 * 1024 * 1024;

function parse(args: readonly string[]): MapfileOptions {
  const out = { strip: false, limit: 0, fd: 0, name: "MAPFILE" };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "-t") out.strip = true;
    else if (arg === "-n") out.limit = Number(args[++at]) || 0;
    else if (arg === "-u") out.fd = Number(args[++at]) || 0;
    else if (/^-[dOsCc]$/.test(arg)) at += 1;
    else out.name = arg;
  }
  return out;
}

export async function mapfile(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const { strip, limit, fd, name } = parse(args);
  const file = sh.process.fds.get(fd)?.file;
  if (file === undefined)
    throw new ShellError(`mapfile: ${fd}: invalid file descriptor: Bad file descriptor`);
  const lines = (await readAll(sh, file)).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const wanted = limit > 0 ? lines.slice(0, limit) : lines;
  sh.vars.setList(
    name,
    wanted.map((line) => [undefined, strip ? line.replace(/\n$/, "") : line] as const),
    false,
  );
  return 0;
}

async function readAll(sh: ShellProcess, file: OpenFile): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    await sh.tick();
    const chunk = await file.read(65_536, sh.process.signal);
    if (chunk === undefined || size > MAX_BYTES) break;
    size += chunk.length;
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks));
}
