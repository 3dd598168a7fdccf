import type { Command } from "commander";

/** What `--help` prints, as wide as a page and without colours. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

/** Every command with its help, word for word. */
export function* commandsPage(program: Command): Generator<string> {
  yield "<!-- Made by `npm run docs` from the commands; do not edit. -->";
  yield "# Commands";
  yield "";
  yield "In a clone `npm start` is `decnet up`, and `npm run decnet -- <command>` is any other. The installed package";
  yield "has the program `decnet`. Settings that are no flags stand in [settings.md](settings.md).";
  yield "";
  for (const command of [program, ...program.commands]) {
    yield command === program ? "## decnet" : `## decnet ${command.name()}`;
    yield "";
    yield "```text";
    yield helpOf(command);
    yield "```";
    yield "";
  }
  yield "Exit codes: 0 done, or told to stop; 1 a defect, or a task that failed; 2 wrong usage or configuration.";
}
