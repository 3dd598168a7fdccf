import { expect, test } from "vitest";
import { createShellFactory } from "../../shell/session.ts";
import { TestTerminal } from "../../testing/clients.ts";
import { fakeRequest, RecordingObserver } from "../../testing/fake-world.ts";
import { textPrograms } from "./text-programs.ts";

const factory = createShellFactory({ programs: textPrograms });
const prompt = "root@files01:~# ";

/** Twenty rows of a terminal that has room for nine and the prompt of the pager. */
async function withPager(line: string, body: (terminal: TestTerminal) => Promise<void>): Promise<void> {
  const request = fakeRequest({ programs: factory.programs ?? [], observer: new RecordingObserver() });
  request.tree.text("/etc/profile", "PS1='\\u@\\h:\\w\\$ '\n");
  request.tree.text("/tmp/rows", Array.from({ length: 20 }, (_none, at) => `row ${at + 1}\n`).join(""));
  await using shell = factory(request);
  const terminal = new TestTerminal();
  terminal.size = { columns: 80, rows: 10 };
  const ended = shell.interact(terminal, new AbortController().signal);
  await terminal.shows(prompt);
  terminal.type(`${line}\r`);
  await body(terminal);
  terminal.close();
  await ended;
}

test("less shows a page, goes on at space, says where the end is and waits for q", async () => {
  await withPager("less /tmp/rows", async (terminal) => {
    await terminal.shows("row 9\r\n\x1b[7m/tmp/rows\x1b[27m");
    expect(terminal.screen).not.toContain("row 10");
    let from = terminal.screen.length;
    terminal.type(" ");
    await terminal.shows("row 18\r\n:", from);
    from = terminal.screen.length;
    terminal.type(" ");
    await terminal.shows("row 20\r\n\x1b[7m(END)\x1b[27m", from);
    from = terminal.screen.length;
    terminal.type("g");
    await terminal.shows("\x1b[H\x1b[Jrow 1\r\n", from);
    terminal.type("q");
    await terminal.shows(prompt, from);
  });
});

test("more says how far it is and ends with the file", async () => {
  await withPager("more /tmp/rows", async (terminal) => {
    await terminal.shows("row 9\r\n\x1b[7m--More--(45%)\x1b[27m");
    const from = terminal.screen.length;
    terminal.type("\r");
    await terminal.shows("row 10\r\n\x1b[7m--More--(50%)\x1b[27m", from);
    // Both at once: the second is a key of its own.
    terminal.type("  ");
    expect(await terminal.shows(prompt, from)).toMatch(/--More--\(95%\)[^]*row 20\r\n/);
  });
});

test("keys are echoed again after a pager", async () => {
  await withPager("less /tmp/rows", async (terminal) => {
    await terminal.shows("\x1b[7m/tmp/rows");
    terminal.type("q");
    await terminal.shows(prompt, terminal.screen.length - 1);
    const from = terminal.screen.length;
    terminal.type("cat\r");
    await terminal.shows("cat\r\n", from);
    terminal.type("hello\r");
    expect(await terminal.shows("hello\r\nhello\r\n", from)).toMatch(/^cat\r\n/);
    terminal.type("\x04");
    await terminal.shows(prompt, from);
  });
});
