import { Budget, type Limits } from "./budget.ts";
import { ExitJump } from "./control.ts";
import { LimitReached } from "./errors.ts";
import type { LineRun, LoginContext } from "./host.ts";
import type { Process } from "./processes.ts";
import type { ShellProcess } from "./shell-process.ts";
import { urlsIn } from "./urls.ts";

/** After so long a command is reported although it still runs. */
const REPORT_AFTER_MS = 1000;
const MAX_CMD = 8192;

interface Reported {
  readonly cmd: string;
  readonly process: Process;
  readonly tty: boolean;
  readonly cwd: string;
}

/** Input lines of one login: their budgets, and what the observer hears of them. */
export class LineLog {
  readonly #context: LoginContext;
  readonly #limits: Limits;
  #current: LineRun | undefined;
  limited = false;

  constructor(context: LoginContext, limits: Limits) {
    this.#context = context;
    this.#limits = limits;
  }

  begin(): LineRun {
    this.#current = this.#make(this.#context.nextN());
    return this.#current;
  }

  /** For startup files: work that no input line asked for. */
  background(): LineRun {
    return this.#make(0);
  }

  #make(n: number): LineRun {
    return { n, budget: new Budget(this.#limits), known: true, bytesOut: 0, scriptLines: 0 };
  }

  meter(bytes: number): Promise<void> | undefined {
    const run = this.#current;
    if (run === undefined) return undefined;
    run.bytesOut += bytes;
    return run.budget.output(bytes);
  }

  /** Starts the report of a line. @returns what to call with the status at its end */
  report(run: LineRun, line: Reported): (status: number) => void {
    const { observer } = this.#context;
    const started = performance.now();
    let sent = false;
    const send = (exitCode: number | undefined) => {
      sent = true;
      observer.command({
        n: run.n,
        cmd: line.cmd,
        uid: line.process.owner.uid,
        user: line.process.owner.user,
        cwd: line.cwd,
        tty: line.tty,
        exitCode,
        durationMs: Math.round(performance.now() - started),
        known: run.known,
      });
    };
    for (const url of urlsIn(line.cmd.slice(0, 65_536))) observer.urlSeen({ url, n: run.n });
    const timer = setTimeout(() => {
      send(undefined);
    }, REPORT_AFTER_MS);
    return (status) => {
      clearTimeout(timer);
      if (!sent) {
        send(status);
        return;
      }
      observer.commandEnded({
        n: run.n,
        exitCode: status,
        durationMs: Math.round(performance.now() - started),
        bytesOut: run.bytesOut,
      });
    };
  }

  /** One line typed at a prompt. */
  async line(sh: ShellProcess, text: string, body: () => Promise<number>): Promise<number> {
    const run = this.begin();
    sh.run = run;
    const done = this.report(run, {
      cmd: text.slice(0, MAX_CMD * 8),
      process: sh.process,
      tty: true,
      cwd: sh.cwd,
    });
    try {
      const status = await body();
      done(status);
      return status;
    } catch (error) {
      if (error instanceof LimitReached) this.limited = true;
      done(error instanceof ExitJump ? error.status : 129);
      throw error;
    }
  }

  /** A line typed at the prompt of a shell that the login's shell started. */
  nested(sh: ShellProcess, text: string, body: () => Promise<number>): Promise<number> {
    return this.line(sh, text, body);
  }
}
