import type { Command } from "../src/api/model.ts";

/** A recording of a short shell session, as asciicast lines. */
export function castOf(
  commandsRun: readonly Command[],
  startedAt: string,
): { readonly at: number; readonly line: string }[] {
  const prompt = "\u001b[01;32mroot@web-01\u001b[00m:\u001b[01;34m~\u001b[00m# ";
  const begin = Date.parse(startedAt);
  const lines: { at: number; line: string }[] = [
    { at: 0, line: JSON.stringify({ version: 2, width: 80, height: 24, timestamp: begin / 1000 }) },
  ];
  const put = (at: number, kind: string, data: string) =>
    lines.push({ at, line: JSON.stringify([at, kind, data]) });
  put(
    0.05,
    "o",
    "Linux web-01 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 x86_64\r\n\r\n\u001b]0;owned\u0007Last login: Mon from 203.0.113.4\r\n",
  );
  put(0.3, "o", prompt);
  for (const command of commandsRun) {
    const end = (Date.parse(command.at) - begin) / 1000;
    const typed = command.command_text.slice(0, 60);
    for (const [index, character] of Array.from(typed).entries()) {
      const at = Math.round((end - 1.6 + index * 0.02) * 1000) / 1000;
      put(at, "i", character);
      put(at, "o", character);
    }
    put(end - 0.2, "i", "\r");
    put(end - 0.19, "o", "\r\n");
    put(
      end,
      "o",
      "total 24\r\ndrwx------ 3 root root 4096 Jan  9 11:02 \u001b[01;34m.\u001b[0m\r\n-rw-r--r-- 1 root root  571 Apr 10  2021 .bashrc\r\n\u001b]8;;http://evil.example\u0007click me\u001b]8;;\u0007\r\n",
    );
    put(end + 0.05, "o", prompt);
  }
  return lines;
}
