import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CodedError } from "./errors.ts";

/** Another process of ours runs on this data folder. */
export class FolderInUseError extends CodedError {
  readonly code = "FOLDER_IN_USE";
}

/** The data folder cannot be made or written. */
export class FolderNotWritableError extends CodedError {
  readonly code = "FOLDER_NOT_WRITABLE";
}

/**
 * Makes `folder` ours until disposal or death. The lock is SQLite's on a file of its own: the kernel
 * gives it up when the process ends, however it ends, so there is no stale lock to clean.
 * @throws {FolderInUseError} when another process holds it
 * @throws {FolderNotWritableError} when the folder cannot be made or written
 */
export function lockFolder(folder: string): Disposable {
  const run = join(folder, "run");
  const pidFile = join(run, "pid");
  try {
    mkdirSync(run, { recursive: true, mode: 0o700 });
    writeFileSync(join(run, ".writable"), "");
  } catch (error) {
    throw new FolderNotWritableError(
      `cannot write to the data folder ${folder} (${codeOf(error)}); set DECNET_DATA_DIR to a folder of yours`,
      { cause: error },
    );
  }
  const database = new DatabaseSync(join(run, "lock.db"));
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw new FolderInUseError(
      `another decnet${pidNote(pidFile)} runs on the data folder ${folder}; stop it, or set DECNET_DATA_DIR to another folder`,
      { cause: error },
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    [Symbol.dispose]: () => {
      database.close();
    },
  };
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "unknown";

function pidNote(path: string): string {
  try {
    return ` (pid ${Number.parseInt(readFileSync(path, "utf8"), 10)})`;
  } catch {
    return "";
  }
}
