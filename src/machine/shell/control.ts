import { CodedError } from "#kernel/errors.ts";

/** `break`, `continue`: unwind to the loop that they leave. */
export class LoopJump extends CodedError {
  readonly code = "MACHINE_LOOP_JUMP";
  readonly kind: "break" | "continue";
  levels: number;
  constructor(kind: "break" | "continue", levels: number) {
    super("A loop of the pretend shell is left.");
    this.kind = kind;
    this.levels = levels;
  }
}

/** `return`: unwinds to the function or sourced file that it ends. */
export class ReturnJump extends CodedError {
  readonly code = "MACHINE_RETURN_JUMP";
  readonly status: number;
  constructor(status: number) {
    super("A function of the pretend shell returns.");
    this.status = status;
  }
}

/** `exit`: unwinds to the shell that it ends. */
export class ExitJump extends CodedError {
  readonly code = "MACHINE_EXIT_JUMP";
  readonly status: number;
  constructor(status: number) {
    super("A pretend shell exits.");
    this.status = status;
  }
}

/** An error of the shell language: the message is shown with the shell's prefix, the command ends. */
export class ShellError extends CodedError {
  readonly code = "MACHINE_SHELL_ERROR";
  readonly text: string;
  readonly status: number;
  /** A script ends, not only the command. */
  readonly fatal: boolean;
  constructor(text: string, status = 1, fatal = false) {
    super("A command of the pretend shell cannot be run.");
    this.text = text;
    this.status = status;
    this.fatal = fatal;
  }
}

/** ^C at a command that the shell itself runs. */
export class Interrupted extends CodedError {
  readonly code = "MACHINE_INTERRUPTED";
  constructor() {
    super("A command of the pretend shell was interrupted.");
  }
}
