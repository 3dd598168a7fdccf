import { hostname } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { parseStream } from "#app/parse.ts";
import { systemClock } from "#kernel/clock.ts";

const name = (text: string): string => {
  if (!/^[a-z0-9][a-z0-9_-]{0,79}$/.test(text))
    throw new InvalidArgumentError("is no name of a decky or service");
  return text;
};

interface Options {
  readonly decky?: string;
  readonly service?: string;
  readonly received?: string;
}

export function parseCommand(): Command {
  return new Command("parse")
    .description("read lines of decoys from standard input and print their records as JSON lines")
    .option("--decky <name>", "bind the records to this decky; with --service", name)
    .option("--service <slug>", "bind the records to this service; with --decky", name)
    .option("--received <time>", "the time at which the lines are taken to arrive (now)")
    .addHelpText(
      "after",
      "\nLines that are no records go to standard error: {line, byte, rejected, at}.\n" +
        "Without --decky and --service the output shows what the text claims; with both, the journal's record.",
    )
    .action(async ({ decky, service, received }: Options, command: Command) => {
      if ((decky === undefined) !== (service === undefined)) {
        command.error("error: --decky and --service belong together", { exitCode: 2 });
      }
      await parseStream(
        { input: process.stdin, output: process.stdout, errors: process.stderr },
        {
          host: hostname(),
          clock: systemClock,
          ...(received === undefined ? {} : { received }),
          ...(decky === undefined || service === undefined ? {} : { identity: { decky, service } }),
        },
      );
      // A pipe whose reader left would keep the rest of the input coming.
      process.stdin.destroy();
    });
}
