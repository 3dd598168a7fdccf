import type { FileFacts } from "../contract.ts";
import type { MachineFs } from "../model.ts";
import { CallFailed, errnoOf } from "./errors.ts";
import { nullFile, type OpenFile } from "./open-file.ts";

export type OpenMode = "read" | "write" | "append" | "both";

/**
 * Opens a path of the machine's files.
 *
 * @throws {FsError} as open(2) would
 */
export function openPath(fs: MachineFs, path: string, mode: OpenMode, noclobber = false): OpenFile {
  const facts = factsOf(fs, path);
  if (facts !== undefined && facts.kind !== "file") return openSpecial(fs, path, mode, facts);
  if (mode === "read") {
    if (!fs.access(path, "read")) fs.read(path);
    return readable(fs, path);
  }
  if (facts !== undefined && noclobber && mode === "write") throw new CallFailed("EEXIST");
  if (mode === "write") fs.write(path, new Uint8Array(0));
  else fs.append(path, new Uint8Array(0));
  return mode === "append" ? appendable(fs, path) : writable(fs, path);
}

function openSpecial(fs: MachineFs, path: string, mode: OpenMode, facts: FileFacts): OpenFile {
  if (facts.kind === "directory" && mode !== "read") throw new CallFailed("EISDIR");
  if (facts.kind === "socket") throw new CallFailed("ENXIO");
  return isNull(facts) ? nullFile : special(fs, path, mode, facts);
}

/** `/dev/null` is character device 1:3 under any name. */
function isNull({ kind, rdev }: FileFacts): boolean {
  return kind === "character" && rdev?.major === 1 && rdev.minor === 3;
}

function factsOf(fs: MachineFs, path: string): FileFacts | undefined {
  try {
    return fs.stat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function closer(fs: MachineFs, path: string): () => void {
  return () => {
    try {
      fs.closed(path);
    } catch (error) {
      // Removed or renamed while it was open.
      if (errnoOf(error) === undefined) throw error;
    }
  };
}

function readable(fs: MachineFs, path: string): OpenFile {
  let offset = 0;
  return {
    kind: "file",
    path,
    read: (max) => {
      let part: Uint8Array;
      try {
        part = fs.readAt(path, offset, max);
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return undefined;
        throw error;
      }
      offset += part.length;
      return part.length === 0 ? undefined : part;
    },
    write: () => {
      throw new CallFailed("EBADF");
    },
    unread: (bytes) => {
      offset -= bytes.length;
    },
    close: () => {},
  };
}

function writable(fs: MachineFs, path: string): OpenFile {
  let offset = 0;
  return {
    kind: "file",
    path,
    read: (max) => {
      const part = fs.readAt(path, offset, max);
      offset += part.length;
      return part.length === 0 ? undefined : part;
    },
    write: (bytes) => {
      fs.writeAt(path, offset, bytes);
      offset += bytes.length;
    },
    unread: (bytes) => {
      offset -= bytes.length;
    },
    close: closer(fs, path),
  };
}

function appendable(fs: MachineFs, path: string): OpenFile {
  return {
    kind: "file",
    path,
    read: () => {
      throw new CallFailed("EBADF");
    },
    write: (bytes) => {
      fs.append(path, bytes);
    },
    close: closer(fs, path),
  };
}

/** Devices, fifos and directories: reads by offset, writes as the file system answers them. */
function special(fs: MachineFs, path: string, mode: OpenMode, facts: FileFacts): OpenFile {
  if (mode !== "read" && !fs.access(path, "write")) throw new CallFailed("EACCES");
  if (mode === "read" && !fs.access(path, "read")) throw new CallFailed("EACCES");
  const reader = readable(fs, path);
  return {
    ...reader,
    read: (max, signal) => {
      if (facts.kind === "directory") throw new CallFailed("EISDIR");
      return reader.read(max, signal);
    },
    write: (bytes) => {
      fs.append(path, bytes);
    },
  };
}
