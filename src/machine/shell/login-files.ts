import { LimitReached } from "./errors.ts";
import type { ShellProcess } from "./shell-process.ts";

/** Files of the home folder, of which the first that can be read is. */
const personal = { bash: [".bash_profile", ".bash_login", ".profile"], other: [".profile"] };

/** What a login shell reads before its first prompt; `$-` has its `i` by then. */
export async function readLoginFiles(sh: ShellProcess, home: string): Promise<void> {
  sh.state.interactive = true;
  const names = sh.state.dialect === "bash" ? personal.bash : personal.other;
  const own = names.map((name) => `${home}/${name}`).find((path) => sh.fs.access(path, "read"));
  for (const file of ["/etc/profile", own]) {
    if (file === undefined || !sh.fs.access(file, "read")) continue;
    try {
      await sh.evaluator.words(sh, [".", file]);
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
    }
  }
  sh.state.status = 0;
}
