import { pino } from "pino";

type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Diagnostics of ours. The message is a constant sentence; values, attacker bytes above all, are fields. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  child(fields: Readonly<Record<string, unknown>>): Log;
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};

/** A synchronous pino logger on standard error; `component` names the part that speaks. */
export function createLog(component: string, level: "debug" | "info" | "warn" | "error"): Log {
  return pino({ level, base: { component, pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
}
