import type { FrameOrigin } from "../../contract.ts";

/** `<run>-<number>.log`: one run of one decoy process, files in order. */
export interface SpoolName {
  readonly run: string;
  readonly number: number;
}

const FILE = /^([A-Za-z0-9][A-Za-z0-9._~-]{0,79})-(\d{5,9})\.log$/;
const DECKY = /^[a-z0-9][a-z0-9_-]{0,79}$/;
const SERVICE = /^[a-z][a-z0-9_]{0,31}$/;

export function parseSpoolName(name: string): SpoolName | undefined {
  const [, run, number] = FILE.exec(name) ?? [];
  return run === undefined || Number(number) === 0 ? undefined : { run, number: Number(number) };
}

export const spoolFile = (run: string, number: number): string =>
  `${run}-${String(number).padStart(5, "0")}.log`;

export const isDeckyName = (name: string): boolean => DECKY.test(name);
export const isServiceName = (name: string): boolean => SERVICE.test(name);

const START = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})?Z/;

/**
 * The moment a run's name begins with, `YYYYMMDDThhmmss[mmm]Z`; other names count from 1970. Only the name decides,
 * so that a file read again on any disk gives the same ids.
 */
export function runOrigin(run: string, number: number): FrameOrigin {
  const [, year, month, day, hour, minute, second, millis = "000"] = START.exec(run) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
  const start = Number.isNaN(ms) ? 0 : ms;
  return { second: Math.floor(start / 1000), nano: (start % 1000) * 1_000_000, ordinal: number - 1 };
}
