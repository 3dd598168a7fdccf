import type { ProgramContext } from "../command.ts";

/** `scp -t`: the old protocol's receiving side, as an uploading client drives it. */
export async function scpSink(context: ProgramContext, target: string): Promise<number> {
  const folders = [target];
  await acknowledge(context);
  for (let line = await readLine(context); line !== undefined; line = await readLine(context)) {
    const problem = await obey(context, line, folders);
    if (problem === "said") return 1;
    if (problem !== undefined) return context.fail(`scp: protocol error: ${problem}`);
  }
  return 0;
}

async function acknowledge(context: ProgramContext): Promise<void> {
  await context.out(Uint8Array.of(0));
  await context.flush();
}

/** One control record. @returns what was wrong, `said` when the client knows already */
async function obey(context: ProgramContext, line: string, folders: string[]): Promise<string | undefined> {
  const kind = line[0] ?? "";
  if (kind === "C" || kind === "D") return take(context, line, folders);
  if (kind === "\x01" || kind === "\x02") return "said";
  if (kind !== "T" && kind !== "E") return "unexpected <newline>";
  if (kind === "E") folders.pop();
  await acknowledge(context);
  return undefined;
}

/** `C0644 5 name` is a file of five bytes that follow, `D0755 0 name` a folder whose records follow. */
async function take(context: ProgramContext, line: string, folders: string[]): Promise<string | undefined> {
  const match = /^([CD])([0-7]{4}) (\d+) ([^/]+)$/.exec(line);
  if (!match) return "expected control record";
  const [, kind, mode = "0644", size, name = ""] = match;
  const base = folders.at(-1) ?? ".";
  const path = context.stat(base)?.kind === "directory" ? `${base}/${name}` : base;
  const failed =
    kind === "D"
      ? await makeFolder(context, path, folders)
      : await receive(context, { path, mode: Number.parseInt(mode, 8), size: Number(size) });
  return failed ? "said" : undefined;
}

async function readLine(context: ProgramContext): Promise<string | undefined> {
  let line = "";
  for (;;) {
    const byte = await context.stdin.read(1);
    if (byte === undefined) return line === "" ? undefined : line;
    if (byte[0] === 10) return line;
    line += Buffer.from(byte).toString("latin1");
    if (line.length > 8192) return line;
  }
}

async function makeFolder(context: ProgramContext, path: string, folders: string[]): Promise<boolean> {
  const made = context.attempt(() => {
    if (context.stat(path) === undefined) context.fs.mkdir(context.path(path));
  });
  if (made.error !== undefined) {
    await context.out(`\x01scp: ${path}: ${made.error}\n`);
    return true;
  }
  folders.push(path);
  await acknowledge(context);
  return false;
}

async function receive(
  context: ProgramContext,
  file: { readonly path: string; readonly mode: number; readonly size: number },
): Promise<boolean> {
  const full = context.path(file.path);
  const made = context.attempt(() => {
    context.fs.write(full, new Uint8Array(0), { mode: file.mode });
  });
  if (made.error !== undefined) {
    await context.out(`\x01scp: ${file.path}: ${made.error}\n`);
    return true;
  }
  await acknowledge(context);
  let left = file.size;
  let problem: string | undefined;
  while (left > 0) {
    const chunk = await context.stdin.read(Math.min(left, 65_536));
    if (chunk === undefined) return true;
    left -= chunk.length;
    problem ??= context.attempt(() => {
      context.fs.append(full, chunk);
    }).error;
  }
  context.fs.closed(full);
  await context.stdin.read(1);
  if (problem === undefined) await acknowledge(context);
  else await context.out(`\x01scp: ${file.path}: ${problem}\n`);
  return false;
}

export async function scpSource(context: ProgramContext, names: readonly string[]): Promise<number> {
  await context.stdin.read(1);
  let status = 0;
  for (const name of names) {
    const read = context.attempt(() => ({
      bytes: context.fs.read(context.path(name)),
      mode: context.fs.stat(context.path(name)).mode,
    }));
    if (read.error !== undefined) {
      status = 1;
      await context.out(`\x01scp: ${name}: ${read.error}\n`);
      continue;
    }
    await context.out(
      `C${(read.value.mode & 0o7777).toString(8).padStart(4, "0")} ${read.value.bytes.length} ${name.split("/").at(-1) ?? name}\n`,
    );
    await context.flush();
    await context.stdin.read(1);
    await context.out(read.value.bytes);
    await context.out(Uint8Array.of(0));
    await context.flush();
    await context.stdin.read(1);
  }
  return status;
}
