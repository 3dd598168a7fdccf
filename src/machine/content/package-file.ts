import type { RecordedRelease } from "../release/release.ts";
import { elfFile } from "./elf.ts";
import type { Architecture } from "./elf-target.ts";
import { type Filled, filled, fromBytes, noise, prose, strings } from "./filler.ts";
import { gzipFilled } from "./gzip.ts";

/** Libraries beyond libc that a program is known by. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  bash: ["libtinfo.so.6", "libc.so.6"],
  ls: ["libselinux.so.1", "libc.so.6"],
  cp: ["libselinux.so.1", "libacl.so.1", "libattr.so.1", "libc.so.6"],
  mv: ["libselinux.so.1", "libacl.so.1", "libattr.so.1", "libc.so.6"],
  ps: ["libproc2.so.0", "libc.so.6"],
  top: ["libproc2.so.0", "libtinfo.so.6", "libncursesw.so.6", "libc.so.6"],
  ssh: ["libselinux.so.1", "libgssapi_krb5.so.2", "libcrypto.so.3", "libz.so.1", "libc.so.6"],
  sshd: [
    "libcrypt.so.1",
    "libwrap.so.0",
    "libaudit.so.1",
    "libpam.so.0",
    "libsystemd.so.0",
    "libcrypto.so.3",
    "libc.so.6",
  ],
  curl: ["libcurl.so.4", "libz.so.1", "libc.so.6"],
  wget: [
    "libpcre2-8.so.0",
    "libuuid.so.1",
    "libidn2.so.0",
    "libgnutls.so.30",
    "libz.so.1",
    "libnettle.so.8",
    "libc.so.6",
  ],
  grep: ["libpcre2-8.so.0", "libc.so.6"],
  "python3.11": ["libm.so.6", "libexpat.so.1", "libz.so.1", "libc.so.6"],
  perl: ["libm.so.6", "libcrypt.so.1", "libc.so.6"],
  sudo: ["libaudit.so.1", "libselinux.so.1", "libsudo_util.so.0", "libc.so.6"],
  systemctl: ["libsystemd-shared-252.so", "libc.so.6"],
};

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** What one of our own ELF files is called in its build id: equal for all links and copies. */
export const elfIdentity = (release: string, arch: Architecture, path: string): string =>
  `${release}\0${arch}\0${path}`;

function elfOf(
  path: string,
  cls: string,
  size: number,
  facts: { release: string; arch: Architecture },
): Filled {
  const name = baseName(path);
  const kind = cls.slice("elf-".length) as "exec" | "pie" | "shared" | "static" | "object";
  const shared = kind === "shared";
  return elfFile({
    arch: facts.arch,
    type: kind,
    size,
    identity: elfIdentity(facts.release, facts.arch, path),
    needed: libraries[name] ?? (name === "libc.so.6" || name.startsWith("ld-linux") ? [] : ["libc.so.6"]),
    ...(shared ? { soname: name } : {}),
    texts: [name, `Usage: ${name} [OPTION]...`, "GCC: (Debian 12.2.0-14) 12.2.0", "/usr/share/locale"],
  });
}

function scriptOf(identity: string, cls: string, size: number): Filled {
  const line = `#!${cls.slice("script ".length)}\n`;
  return filled(size, Buffer.from(line, "latin1"), prose(identity, { prefix: "# " }), true);
}

const textStyle = (path: string): { readonly prefix: string } => {
  if (/\.(c|h|js|css|java)$/.test(path)) return { prefix: " * " };
  if (/\.(py|pl|pm|sh|rb|conf|cfg|mk|cmake|awk|t|ph)$/.test(path)) return { prefix: "# " };
  if (/\.tex|\.bib$/.test(path)) return { prefix: "% " };
  return { prefix: "" };
};

const manHead = (path: string): string => {
  const [title = "", section = ""] = baseName(path)
    .replace(/\.gz$/, "")
    .split(/\.(?=\d)/);
  return `.TH ${title.toUpperCase()} ${section}\n.SH NAME\n${title} \\- ${title}\n.SH DESCRIPTION\n`;
};

/** Magic numbers of the file kinds that `file` knows. */
const magics: Readonly<Record<string, Buffer>> = {
  xz: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]),
  zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58]),
  png: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]),
  tz: Buffer.concat([Buffer.from("TZif2", "latin1"), Buffer.alloc(15)]),
  pyc: Buffer.from([0xa7, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0]),
  mo: Buffer.from([0xde, 0x12, 0x04, 0x95, 0, 0, 0, 0]),
};

function kernelImage(size: number, kernel: string): Filled {
  const head = Buffer.alloc(0x400);
  head.write("MZ", 0, "latin1");
  head.writeUInt16LE(0xaa55, 0x1fe);
  head.write("HdrS", 0x202, "latin1");
  head.writeUInt16LE(0x20f, 0x206);
  head.writeUInt16LE(0x180, 0x20e);
  head.write(`${kernel}\0`, 0x380, "latin1");
  return filled(size, head, noise("vmlinuz"));
}

/** The bytes of a file of a package: those that were recorded, else some of the same kind and size. */
export function packageFile(
  release: RecordedRelease,
  index: number,
  facts: { readonly arch: Architecture; readonly kernel: string },
): Filled {
  const first = release.tree.identity(index);
  const path = release.tree.path(first);
  const size = release.tree.size(first);
  const cls = release.tree.contentClass(first);
  const identity = `${release.id}\0${path}`;
  if (cls === "recorded") return fromBytes(release.text(path) ?? Buffer.alloc(0));
  if (cls === "empty" || size === 0) return fromBytes(Buffer.alloc(0));
  if (cls.startsWith("elf-")) return elfOf(path, cls, size, { release: release.id, arch: facts.arch });
  if (cls.startsWith("script ")) return scriptOf(identity, cls, size);
  if (cls === "gzip") {
    const head = /\/man\d\//.test(path) ? Buffer.from(manHead(path), "latin1") : Buffer.alloc(0);
    return gzipFilled(size, (length) =>
      filled(length, head, prose(identity, { prefix: "" }), true).readAt(0, length),
    );
  }
  if (/\/vmlinuz-/.test(path)) return kernelImage(size, facts.kernel);
  const magic = magics[cls];
  if (magic !== undefined) return filled(size, magic, cls === "mo" ? strings(identity, []) : noise(identity));
  if (cls === "text") return filled(size, Buffer.alloc(0), prose(identity, textStyle(path)), true);
  return filled(size, Buffer.alloc(0), strings(identity, []));
}
