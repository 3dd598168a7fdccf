import type { ProgramContext } from "../command.ts";
import { bashExec } from "./just-bash.ts";

/** Scripts of sed and awk run in the library's interpreters, over our files and with our input. */
export async function sed(context: ProgramContext): Promise<number> {
  if (context.args.length === 0) return context.fail(sedUsage(context.argv0));
  return (await missingOperand(context)) ?? bashExec(context, "sed");
}

export async function awk(context: ProgramContext): Promise<number> {
  if (context.args.length > 0) return bashExec(context, "awk");
  const { default: recorded } = await import("../recorded/debian-12-usage.json", { with: { type: "json" } });
  // mawk says its own name, whatever link it was called by.
  await context.err(String(recorded.programs.mawk.none[1]));
  return 0;
}

async function missingOperand(context: ProgramContext): Promise<number | undefined> {
  const files = context.args.filter((arg) => !arg.startsWith("-"));
  const scripted = context.args.some((arg) => /^(-\w*[ef]|--expression|--file)/.test(arg));
  const operands = scripted
    ? files.slice(context.args.filter((arg) => /^-\w*[ef]$/.test(arg)).length)
    : files.slice(1);
  let status: number | undefined;
  for (const name of operands) {
    if (context.stat(name) !== undefined) continue;
    status = 2;
    await context.err(`${context.argv0}: can't read ${name}: No such file or directory\n`);
  }
  return status !== undefined && operands.every((name) => context.stat(name) === undefined)
    ? status
    : undefined;
}

const sedUsage = (
  argv0: string,
) => `Usage: ${argv0} [OPTION]... {script-only-if-no-other-script} [input-file]...

  -n, --quiet, --silent
                 suppress automatic printing of pattern space
      --debug
                 annotate program execution
  -e script, --expression=script
                 add the script to the commands to be executed
  -f script-file, --file=script-file
                 add the contents of script-file to the commands to be executed
  --follow-symlinks
                 follow symlinks when processing in place
  -i[SUFFIX], --in-place[=SUFFIX]
                 edit files in place (makes backup if SUFFIX supplied)
  -l N, --line-length=N
                 specify the desired line-wrap length for the \`l' command
  --posix
                 disable all GNU extensions.
  -E, -r, --regexp-extended
                 use extended regular expressions in the script
                 (for portability use POSIX -E).
  -s, --separate
                 consider files as separate rather than as a single,
                 continuous long stream.
      --sandbox
                 operate in sandbox mode (disable e/r/w commands).
  -u, --unbuffered
                 load minimal amounts of data from the input files and flush
                 the output buffers more often
  -z, --null-data
                 separate lines by NUL characters
      --help     display this help and exit
      --version  output version information and exit

If no -e, --expression, -f, or --file option is given, then the first
non-option argument is taken as the sed script to interpret.  All
remaining arguments are names of input files; if no input files are
specified, then the standard input is read.

GNU sed home page: <https://www.gnu.org/software/sed/>.
General help using GNU software: <https://www.gnu.org/gethelp/>.
`;
