import { type Descriptors, setDescriptor } from "./open-file.ts";
import type { ShellProcess } from "./shell-process.ts";

/** Status of the last substitution of the present command: what an assignment alone gives as `$?`. */
export const substitutionStatus = new WeakMap<ShellProcess, number>();

/** Puts a table of descriptors back as it was. */
export function restore(table: Descriptors, saved: Descriptors): void {
  for (const fd of table.keys()) setDescriptor(table, fd, undefined);
  for (const [fd, descriptor] of saved) table.set(fd, descriptor);
}
