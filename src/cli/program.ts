import { Command, CommanderError } from "commander";
import { packageVersion } from "#app/package.ts";
import { CodedError } from "#kernel/errors.ts";
import { archetypesCommand } from "./archetypes.ts";
import { doctorCommand } from "./doctor.ts";
import { parseCommand } from "./parse.ts";
import { simulateCommand } from "./simulate.ts";
import { upCommand } from "./up.ts";

/** Exit codes: 0 told to stop, 1 a bug or a failed task, 2 wrong usage or configuration. */
const USAGE = 2;

export function createProgram(entry: string): Command {
  return new Command("decnet")
    .description("Decoy machines that record every touch, tie it to an attacker and show it live.")
    .version(packageVersion())
    .showHelpAfterError("(decnet --help lists the commands)")
    .addCommand(upCommand(entry))
    .addCommand(parseCommand())
    .addCommand(simulateCommand())
    .addCommand(doctorCommand())
    .addCommand(archetypesCommand());
}

/** Ends every command the same way: one line for a mistake that has a name, a stack for a bug. */
export async function runCommandLine(argv: readonly string[], entry: string): Promise<void> {
  const program = createProgram(entry);
  const override = (command: Command): void => {
    command.exitOverride();
    command.commands.forEach(override);
  };
  override(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE;
    else if (error instanceof CodedError) {
      console.error(`decnet: ${error.message}`);
      process.exitCode = USAGE;
    } else {
      console.error(error);
      process.exitCode = 1;
    }
  }
}
