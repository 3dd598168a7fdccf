import { CodedError } from "#kernel/errors.ts";
import { StoreBusyError, StoreDamagedError, StoreDataError, StoreFullError } from "../errors.ts";

/** Primary result codes. @see https://sqlite.org/rescode.html */
const BUSY = new Set([5, 6, 7, 9, 10, 14, 15, 17, 22]);
const FULL = 13;
const DAMAGED = new Set([3, 8, 11, 23, 26]);

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}

/**
 * Decides by code, never by words, whose fault an error is: the moment's (retry), the disk's (pause), the file's (a
 * person) or the data's. What node refuses to bind is the data's fault too. Anything else is handed back unchanged.
 */
export function classify(error: unknown): unknown {
  if (error instanceof CodedError) return error;
  const code = resultCode(error);
  if (code === undefined) {
    return isBindRefusal(error) ? new StoreDataError("a value cannot be stored", { cause: error }) : error;
  }
  if (code === FULL) return new StoreFullError("the disk of the store is full", { cause: error });
  if (BUSY.has(code)) return new StoreBusyError("the store is busy", { cause: error });
  if (DAMAGED.has(code)) return new StoreDamagedError("the store cannot be used", { cause: error });
  return new StoreDataError("the store refused a row", { cause: error });
}

function isBindRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    error.code.startsWith("ERR_INVALID_ARG")
  );
}
