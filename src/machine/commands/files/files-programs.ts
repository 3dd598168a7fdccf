import type { Program } from "../command.ts";
import { base64Programs } from "./base64.ts";
import { chattrPrograms } from "./chattr.ts";
import { chmodPrograms } from "./chmod.ts";
import { chownPrograms } from "./chown.ts";
import { cpPrograms } from "./cp.ts";
import { ddPrograms } from "./dd.ts";
import { duPrograms } from "./du.ts";
import { dumpPrograms } from "./dumps.ts";
import { filePrograms } from "./file.ts";
import { findPrograms } from "./find.ts";
import { folderPrograms } from "./folders.ts";
import { gzipPrograms } from "./gzip.ts";
import { hashPrograms } from "./hashes.ts";
import { linkPrograms } from "./links.ts";
import { lnPrograms } from "./ln.ts";
import { lsPrograms } from "./ls.ts";
import { mktempPrograms } from "./mktemp.ts";
import { mvPrograms } from "./mv.ts";
import { pathNamePrograms } from "./path-names.ts";
import { rmPrograms } from "./rm.ts";
import { statPrograms } from "./stat.ts";
import { stringsPrograms } from "./strings.ts";
import { tarPrograms } from "./tar.ts";
import { touchPrograms } from "./touch.ts";
import { whichPrograms } from "./which.ts";

/** Programs that look at and change files. */
export const filesPrograms: readonly Program[] = [
  ...base64Programs,
  ...chattrPrograms,
  ...chmodPrograms,
  ...chownPrograms,
  ...cpPrograms,
  ...ddPrograms,
  ...duPrograms,
  ...dumpPrograms,
  ...filePrograms,
  ...findPrograms,
  ...folderPrograms,
  ...gzipPrograms,
  ...hashPrograms,
  ...linkPrograms,
  ...lnPrograms,
  ...lsPrograms,
  ...mktempPrograms,
  ...mvPrograms,
  ...pathNamePrograms,
  ...rmPrograms,
  ...statPrograms,
  ...stringsPrograms,
  ...tarPrograms,
  ...touchPrograms,
  ...whichPrograms,
];
