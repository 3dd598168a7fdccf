import { CodedError } from "#kernel/errors.ts";
import type { Errno } from "./contract.ts";

const texts: Readonly<Record<Errno, string>> = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EEXIST: "File exists",
  ENOTDIR: "Not a directory",
  EISDIR: "Is a directory",
  ENOTEMPTY: "Directory not empty",
  EROFS: "Read-only file system",
  ENOSPC: "No space left on device",
  EINVAL: "Invalid argument",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  ENXIO: "No such device or address",
  ESRCH: "No such process",
  EXDEV: "Invalid cross-device link",
  EBUSY: "Device or resource busy",
  EIO: "Input/output error",
  EAGAIN: "Resource temporarily unavailable",
  EFBIG: "File too large",
  EMLINK: "Too many links",
  ENODEV: "No such device",
};

/** glibc's text for an errno. */
export const errnoText = (errno: Errno): string => texts[errno];

/** What the pretend kernel answers; part of normal operation, shown to the attacker by the program that asked. */
export class FsError extends CodedError {
  readonly code = "MACHINE_FS";
  readonly errno: Errno;
  readonly path: string;

  constructor(errno: Errno, path: string) {
    super(`${errno}: ${texts[errno]}`);
    this.errno = errno;
    this.path = path;
  }
}

/** A release data file that does not hold what the code expects. */
export class ReleaseDataError extends CodedError {
  readonly code = "MACHINE_RELEASE";
}
