import type { ExitStatus } from "#machine/contract.ts";
import { filesOf, resolvePath, type TransferDeps } from "../transfer.ts";
import type { ScpCommand } from "./arguments.ts";
import { ScpPipe } from "./pipe.ts";
import { ScpSink } from "./sink.ts";
import { ScpSource } from "./source.ts";

/** OpenSSH's scp at the server's end, over the files of the session's world. */
export async function runScp(
  command: ScpCommand,
  deps: TransferDeps & { readonly line: string },
): Promise<ExitStatus> {
  const { session, channel } = deps;
  const { home } = session.shell;
  const started = performance.now();
  const shared = {
    transfer: deps,
    files: filesOf(session),
    pipe: new ScpPipe(channel.input),
    command,
    write: (bytes: Uint8Array) => {
      session.output(bytes);
      return channel.write(bytes);
    },
  };
  const paths = command.paths.map(
    (path) => resolvePath(home, path.replace(/^~(?=\/|$)/, home)).replace(/\/\.?$/, "") || "/",
  );
  const code =
    command.mode === "sink"
      ? await new ScpSink(shared).run(paths[0] ?? home)
      : await new ScpSource(shared).run(paths);
  session.observer.command({
    n: 0,
    cmd: deps.line,
    uid: session.shell.uid,
    user: session.user,
    cwd: home,
    tty: false,
    exitCode: code,
    durationMs: performance.now() - started,
    known: true,
  });
  return { code, end: "logout" };
}
