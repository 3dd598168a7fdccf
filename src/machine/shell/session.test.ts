import { expect, test } from "vitest";
import type { Program } from "../commands/command.ts";
import { runExec, TestTerminal } from "../testing/clients.ts";
import { fakeRequest, RecordingObserver } from "../testing/fake-world.ts";
import { createShellFactory } from "./session.ts";

/** Three programs are enough to see how a shell runs them. */
const programs: readonly Program[] = [
  {
    names: ["cat"],
    run: async (context) => {
      for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read())
        await context.out(chunk);
      return 0;
    },
  },
  {
    names: ["sleep"],
    run: async (context) => {
      await context.sleep(Number(context.args[0]) * 1000);
      return 0;
    },
  },
  {
    names: ["yes"],
    run: async (context) => {
      for (;;) await context.out("y\n");
    },
  },
];

const factory = createShellFactory({ programs });
const root = "root@files01";

interface Login {
  readonly terminal: TestTerminal;
  readonly observer: RecordingObserver;
  /** Resolves when a program of that name runs. */
  readonly running: (name: string) => Promise<void>;
}

async function withTerminal(body: (login: Login) => Promise<void>): Promise<void> {
  const observer = new RecordingObserver();
  const request = fakeRequest({ programs: factory.programs ?? [], observer });
  request.tree.text("/etc/profile", "PS1='\\u@\\h:\\w\\$ '\n");
  await using shell = factory(request);
  const terminal = new TestTerminal();
  const ended = shell.interact(terminal, new AbortController().signal);
  await terminal.shows(`${root}:~# `);
  const running = async (name: string) => {
    while (
      !request.world.processes
        .list()
        .some((process) => process.argv[0] === name && process.exe?.endsWith(name) === true)
    ) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  };
  await body({ terminal, observer, running });
  terminal.close();
  await ended;
}

test("a login shows the message of the day and a prompt, and keeps state between lines", async () => {
  await withTerminal(async ({ terminal, observer }) => {
    expect(terminal.screen).toContain("\r\nWelcome.\r\n");
    terminal.type('cd /tmp; x=41; f() { echo "<$1>"; }\r');
    await terminal.shows(`${root}:/tmp# `);
    terminal.type("f $((x+1))\r");
    await terminal.shows(`\r\n\x1b[?2004l\r<42>\r\n\x1b[?2004h${root}`);
    expect(
      observer.of("command").map(({ n, cmd, cwd, exitCode, tty }) => ({ n, cmd, cwd, exitCode, tty })),
    ).toEqual([
      { n: 0, cmd: 'cd /tmp; x=41; f() { echo "<$1>"; }', cwd: "/root", exitCode: 0, tty: true },
      { n: 1, cmd: "f $((x+1))", cwd: "/tmp", exitCode: 0, tty: true },
    ]);
  });
});

test("^C ends a running program and the rest of its line", async () => {
  await withTerminal(async ({ terminal, running }) => {
    terminal.type("sleep 60; echo never\r");
    await running("sleep");
    const from = terminal.screen.length;
    terminal.type("\x03");
    await terminal.shows(`^C\r\n\x1b[?2004h${root}:~# `, from);
    terminal.type("echo $?\r");
    await terminal.shows("\r130\r\n");
    expect(terminal.screen.slice(from)).not.toContain("never\r\n");
  });
});

test("^C ends a loop of the shell itself", async () => {
  await withTerminal(async ({ terminal }) => {
    terminal.type("while :; do :; done\r");
    await terminal.shows("done\r\n\x1b[?2004l\r");
    const from = terminal.screen.length;
    terminal.type("\x03");
    expect(await terminal.shows(`${root}:~# `, from)).toContain("^C\r\n");
  });
});

test("^Z stops a job, jobs lists it, and fg or kill gets it back", async () => {
  await withTerminal(async ({ terminal, running }) => {
    terminal.type("sleep 60\r");
    await running("sleep");
    terminal.type("\x1a");
    await terminal.shows("[1]+  Stopped                 sleep 60\r\n");
    const from = terminal.screen.length;
    terminal.type("kill %1; wait %1\r");
    expect(await terminal.shows("[1]+  Terminated              sleep 60\r\n", from)).not.toContain("Done");
  });
});

test("background jobs are announced when they start and when they are done", async () => {
  await withTerminal(async ({ terminal }) => {
    terminal.type("sleep 0.05 &\r");
    await terminal.shows(/\[1\] \d+\r\n/);
    terminal.type("wait\r");
    const shown = await terminal.shows("[1]+  Done                    sleep 0.05\r\n");
    expect(shown.search(/\[1\] \d+\r\n/)).toBeLessThan(shown.indexOf("[1]+  Done"));
  });
});

test("what is typed while a program runs is kept for the next reader", async () => {
  await withTerminal(async ({ terminal }) => {
    terminal.type("sleep 0.1\r");
    await terminal.shows("0.1\r\n\x1b[?2004l\r");
    terminal.type("echo ahead\r");
    const shown = await terminal.shows("\x1b[?2004l\rahead\r\n");
    expect(shown.indexOf("sleep 0.1")).toBeLessThan(shown.indexOf("ahead"));
  });
});

test("keys edit the line and bring back history", async () => {
  await withTerminal(async ({ terminal }) => {
    terminal.type("echo one two\x01\x1b[C\x1b[C\x1b[C\x1b[C\x0b three\r");
    await terminal.shows("\x1b[?2004l\r three\r\n".replace(" three", "three"));
    terminal.type("\x1b[A\r");
    await terminal.shows(/three\r\n[^]*three\r\n.\[\?2004h/);
    terminal.type("echo x!!\r");
    await terminal.shows("xecho three\r\n");
    terminal.type("\x12ech\x12\r");
    expect(await terminal.shows("(reverse-i-search)`ech'")).not.toContain("event not found");
  });
});

test("Tab completes paths and commands", async () => {
  await withTerminal(async ({ terminal }) => {
    terminal.type("slee\t0.01 && echo /et\t\r");
    expect(await terminal.shows("sleep 0.01 && echo /etc/\r\n")).not.toContain("command not found");
  });
});

test("an unfinished command asks for more with the second prompt", async () => {
  await withTerminal(async ({ terminal }) => {
    terminal.type("for i in 1 2\r");
    await terminal.shows("> ");
    terminal.type("do echo n$i; done\r");
    await terminal.shows("n1\r\nn2\r\n");
    terminal.type("echo )\r");
    const shown = await terminal.shows("-bash: syntax error near unexpected token `)'\r\n");
    expect(shown.indexOf("n1\r\nn2\r\n")).toBeLessThan(shown.indexOf("-bash: syntax error"));
  });
});

test("^D at an empty prompt and exit end the login with the last status", async () => {
  const observer = new RecordingObserver();
  await using shell = factory(fakeRequest({ programs: factory.programs ?? [], observer }));
  const terminal = new TestTerminal();
  const ended = shell.interact(terminal, new AbortController().signal);
  terminal.type("false\r\x04");
  expect(await ended).toEqual({ code: 1, end: "logout" });
  expect(terminal.screen).toMatch(/logout\r\n$/);
});

test("a command without a terminal gets its streams apart and its status back", async () => {
  await using shell = factory(fakeRequest({ programs: factory.programs ?? [] }));
  const [a, b] = await Promise.all([
    runExec(shell, "cat; echo err >&2; false", { stdin: "in\n" }),
    runExec(shell, "echo second"),
  ]);
  expect(a).toEqual({ code: 1, end: "logout", stdout: "in\n", stderr: "err\n" });
  expect(b.stdout).toBe("second\n");
});

test.each([
  ":(){ :|:& };:",
  "yes > /dev/null",
  "while true; do :; done",
  "cat < /dev/zero > /dev/null",
  "f() { f; }; f",
  "yes | cat | cat",
  "x=a; while :; do x=$x$x; done",
])("%s leaves another session quick", async (bomb) => {
  const aborter = new AbortController();
  await using bad = factory(fakeRequest({ programs: factory.programs ?? [] }));
  const running = runExec(bad, bomb, { signal: aborter.signal });
  await using good = factory(fakeRequest({ programs: factory.programs ?? [] }));
  const times: number[] = [];
  for (let each = 0; each < 20; each++) {
    const started = performance.now();
    await runExec(good, "echo here");
    times.push(performance.now() - started);
  }
  aborter.abort();
  await running;
  expect(times.toSorted((a, b) => a - b)[18]).toBeLessThan(100);
});

/** Lines, and what they leave: state lives from one line of a session to the next. */
test.each([
  [["a=(1 2 3)", "a[5]=x; echo ${a[@]} ${#a[@]}"], "1 2 3 x 4"],
  [["set -- p q r", "shift; echo $# $*"], "2 q r"],
  [["alias hi='echo hello'", "hi you"], "hello you"],
  [["set -u; shopt -s nullglob", "echo [/nothing*] $-"], "himuBHs"],
  [["declare -A m; m[k]=v", "echo ${m[k]} ${!m[@]}"], "v k"],
  [["trap 'echo caught' USR1", "kill -USR1 $$; :", "echo on"], "caught"],
  [["pushd /tmp", "dirs"], "/tmp ~"],
  [["umask 077; echo x > /tmp/u", "umask"], "0077"],
  [["exec 7> /tmp/seven", "echo to seven >&7; exec 7>&-; cat < /tmp/seven"], "to seven"],
])("%j gives %s", async (lines, wanted) => {
  await withTerminal(async ({ terminal }) => {
    for (const line of lines) {
      const from = terminal.screen.length;
      terminal.type(`${line}\r`);
      await terminal.shows("# ", from);
    }
    await terminal.shows(`${wanted}\r\n`);
    expect(terminal.screen).toContain(`${wanted}\r\n`);
  });
});
