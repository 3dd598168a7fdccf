import type {
  AuthAttempt,
  ExitStatus,
  LoginFacts,
  Machine,
  Pipes,
  Shell,
  Terminal,
  UserFs,
  World,
} from "#machine/contract.ts";
import type { Persona } from "../persona.ts";
import { createFakeFiles } from "./fake-files.ts";

type Write = (bytes: Uint8Array) => Promise<void> | void;

interface Io {
  readonly out: Write;
  readonly err: Write;
  readonly stdin: () => Promise<Buffer>;
  readonly signal: AbortSignal;
}

const lines = async (
  input: AsyncIterable<Uint8Array>,
  onLine: (line: string) => Promise<boolean>,
): Promise<boolean> => {
  let rest = "";
  for await (const chunk of input) {
    rest += Buffer.from(chunk).toString().replaceAll("\r", "\n");
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (!(await onLine(line))) return true;
    }
  }
  return false;
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

class FakeShell implements Shell {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly #login: LoginFacts;
  readonly #files: UserFs;
  readonly #hostname: string;
  #n = 0;

  constructor(login: LoginFacts, files: UserFs, hostname: string) {
    this.#login = login;
    this.#files = files;
    this.#hostname = hostname;
    this.uid = login.user === "root" ? 0 : 1_000;
    this.gid = this.uid;
    this.home = login.user === "root" ? "/root" : `/home/${login.user}`;
  }

  async interact(terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
    const prompt = Buffer.from(`${this.#login.user}@${this.#hostname}:~# `);
    await terminal.write(Buffer.from(`size ${terminal.size.columns}x${terminal.size.rows}\r\n`));
    terminal.onResize(
      ({ columns, rows }) => void terminal.write(Buffer.from(`resized ${columns}x${rows}\r\n`)),
    );
    await terminal.write(prompt);
    let code = 0;
    const crlf = (bytes: Uint8Array) =>
      Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("\n", "\r\n"), "latin1");
    const out: Write = (bytes) => terminal.write(crlf(bytes));
    const left = await lines(terminal.input, async (line) => {
      await terminal.write(Buffer.from(`${line}\r\n`));
      if (/^exit\b/.test(line)) return false;
      code = await this.#run(line, true, { out, err: out, stdin: async () => Buffer.alloc(0), signal });
      await terminal.write(prompt);
      return !signal.aborted;
    });
    return { code, end: left ? "logout" : "disconnect" };
  }

  async exec(command: string, pipes: Pipes, signal: AbortSignal): Promise<ExitStatus> {
    const stdin = async (): Promise<Buffer> => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of pipes.stdin) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const io = {
      out: (b: Uint8Array) => pipes.stdout(b),
      err: (b: Uint8Array) => pipes.stderr(b),
      stdin,
      signal,
    };
    return { code: await this.#run(command, false, io), end: "logout" };
  }

  async execOnTerminal(command: string, terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
    const out: Write = (bytes) => terminal.write(bytes);
    const code = await this.#run(command, true, {
      out,
      err: out,
      stdin: async () => Buffer.alloc(0),
      signal,
    });
    return { code, end: "logout" };
  }

  async #run(cmd: string, tty: boolean, io: Io): Promise<number> {
    const n = this.#n;
    this.#n += 1;
    const started = performance.now();
    let code = 0;
    for (const part of cmd.split(";")) code = await this.#simple(part.trim(), n, io);
    this.#login.observer.command({
      n,
      cmd,
      uid: this.uid,
      user: this.#login.user,
      cwd: this.home,
      tty,
      exitCode: code,
      durationMs: Math.round(performance.now() - started),
      known: true,
    });
    return code;
  }

  async #simple(cmd: string, n: number, io: Io): Promise<number> {
    const [name = "", ...args] = cmd.split(/\s+/);
    const redirect = /^cat > (\S+)$/.exec(cmd)?.[1];
    if (redirect !== undefined) {
      this.#files.write(redirect, await io.stdin());
      return 0;
    }
    const run = this.#commands.get(name);
    if (run !== undefined) return (await run(args, io, n)) ?? 0;
    await io.err(Buffer.from(`bash: line 1: ${name}: command not found\n`));
    return 127;
  }

  readonly #commands = new Map<string, (args: string[], io: Io, n: number) => Promise<number | void>>([
    ["", async () => {}],
    ["true", async () => {}],
    ["false", async () => 1],
    ["exit", async ([code]) => Number(code ?? 0)],
    ["id", async (_, io) => io.out(Buffer.from(`uid=${this.uid}(${this.#login.user}) gid=${this.gid}\n`))],
    ["echo", async (args, io) => io.out(Buffer.from(`${args.join(" ")}\n`))],
    [
      "env",
      async (_, io) => {
        for (const [key, value] of Object.entries(this.#login.env))
          await io.out(Buffer.from(`${key}=${value}\n`));
      },
    ],
    [
      "peer",
      async (_, io) => io.out(Buffer.from(`${JSON.stringify([this.#login.peer.ip, this.#login.local])}\n`)),
    ],
    ["sleep", async ([seconds], io) => pause(Number(seconds) * 1_000, io.signal)],
    ["cat", async ([path], io) => io.out(path === undefined ? await io.stdin() : this.#files.read(path))],
    [
      "yes",
      async (_, io) => {
        while (!io.signal.aborted) await io.out(Buffer.alloc(16_384, "y\n"));
      },
    ],
    [
      "throw",
      async () => {
        throw new TypeError("a bug in the machine");
      },
    ],
    [
      "wget",
      async ([url = ""], _io, n) => {
        const facts = { url, tool: "wget", userAgent: "Wget/1.21.3", result: "filtered", n } as const;
        this.#login.observer.downloadAttempt(facts);
        return 4;
      },
    ],
  ]);

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A machine of a few commands whose files are shared by all logins; passwords are those of the persona's list. */
export function createFakeMachine(persona: Persona): Machine {
  const worlds = new Map<string, World>();
  const worldOf = (group: string): World => {
    const known = worlds.get(group);
    if (known !== undefined) return known;
    let login: LoginFacts | undefined;
    const files = createFakeFiles((path, bytes, mode) =>
      login?.observer.fileCaptured({ path, bytes: Buffer.from(bytes), method: "shell", mode, writer: "cat" }),
    );
    const open = (facts: LoginFacts): Shell => {
      login = facts;
      return new FakeShell(facts, files, persona.hostname);
    };
    const world: World = {
      group,
      filesOf: () => files,
      openShell: open,
      openShellAs: (_user, facts) => open(facts),
    };
    worlds.set(group, world);
    return world;
  };
  const accepts = ({ user, secret }: AuthAttempt): boolean =>
    secret.kind === "password" &&
    persona.auth.accounts.some(
      (account) => account.user === user && Buffer.from(account.password).equals(Buffer.from(secret.bytes)),
    );
  return {
    persona,
    bootTime: persona.bootedAt,
    authenticate: (attempt) => {
      const known = persona.auth.accounts.some(({ user }) => user === attempt.user);
      const uid = attempt.user === "root" ? 0 : 1_000;
      const home = uid === 0 ? "/root" : `/home/${attempt.user}`;
      return {
        accepted: accepts(attempt),
        ...(known ? { account: { uid, gid: uid, home, shell: "/bin/bash" } } : {}),
      };
    },
    groupOf: (ip) => ip,
    world: worldOf,
    async [Symbol.asyncDispose]() {},
  };
}
