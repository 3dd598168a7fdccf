import type { ProgramContext } from "../command.ts";

/** Asks on the terminal without echo, else takes a line of standard input, as PAM does. */
export async function secret(context: ProgramContext, prompt: string): Promise<string | undefined> {
  const { tty } = context.login;
  // Off before the prompt shows: who sees it may already type.
  if (tty !== undefined && context.isTerminal(0)) tty.modes.echo = false;
  await context.err(prompt);
  let text: string | undefined;
  if (context.isTerminal(0) && tty !== undefined) {
    try {
      text = await tty.readSecret(context.process.signal);
    } finally {
      tty.modes.echo = true;
    }
  } else text = await inputLine(context);
  if (text !== undefined)
    context.login.observer.shellInput({
      reader: context.name,
      prompt,
      text: text.slice(0, 4096),
      secret: true,
    });
  return text;
}

export async function inputLine(context: ProgramContext): Promise<string | undefined> {
  const bytes: number[] = [];
  while (bytes.length < 4096) {
    const byte = await context.stdin.read(1);
    if (byte === undefined) return bytes.length === 0 ? undefined : Buffer.from(bytes).toString("utf8");
    if (byte[0] === 10) return Buffer.from(bytes).toString("utf8");
    bytes.push(byte[0] ?? 0);
  }
  return undefined;
}
