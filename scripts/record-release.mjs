// Records an installed Debian tree as the data module of a release:
//   node scripts/record-release.mjs ROOT BASE_PACKAGES MANUAL_PACKAGES OUT.ts
// ROOT comes from debootstrap plus `apt-get install`; BASE_PACKAGES lists what every server has, the rest
// belongs to roles and is shown only where the persona runs that service.
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [root, baseList, manualList, out] = process.argv.slice(2);
if (out === undefined) throw new Error("usage: record-release.mjs ROOT BASE_PACKAGES MANUAL_PACKAGES OUT");

const lines = (text) => text.split("\n").filter((line) => line !== "");
const base = new Set(lines(readFileSync(baseList, "utf8")));
const manual = new Set(lines(readFileSync(manualList, "utf8")));

/** Folders whose content the machine makes itself, and caches that would only cost space. */
const emptied =
  /^\/(proc|sys|dev|run|tmp|home|root|var\/log|var\/tmp|var\/cache\/apt\/archives|var\/lib\/apt\/lists|var\/lib\/dpkg\/updates|var\/lib\/dpkg\/triggers|var\/spool\/rsyslog|var\/lib\/mysql|var\/lib\/postgresql\/15|var\/lib\/samba|var\/cache\/debconf|var\/lib\/systemd\/(?:coredump|pstore))$/;
const dropped =
  /^\/(usr\/sbin\/policy-rc\.d|etc\/apt\/apt\.conf\.d\/.*(proxy|docker|registry|galley)|etc\/resolv\.conf|debootstrap|etc\/\.pwd\.lock|etc\/ssh\/ssh_host_.*|etc\/hostname|var\/lib\/dpkg\/(status-old|lock.*|available-old)|var\/cache\/apt\/.*\.bin|usr\/lib\/python3\.11\/EXTERNALLY-MANAGED\.x|.*\/__pycache__|etc\/machine-id|etc\/(?:passwd|shadow|group|gshadow|subuid|subgid)-?|etc\/ssl\/private\/ssl-cert-snakeoil\.key|etc\/ssl\/certs\/ssl-cert-snakeoil\.pem|etc\/postgresql|etc\/bind\/rndc\.key|etc\/dovecot\/private\/.*)$/;
/** Files whose own text is part of the record. */
const texts =
  /^\/(etc\/.*|usr\/lib\/os-release|usr\/lib\/systemd\/(system|user)\/.*|usr\/lib\/(tmpfiles|sysusers|sysctl|modprobe|environment)\.d\/.*|usr\/share\/base-files\/.*|usr\/share\/adduser\/.*|usr\/lib\/udev\/rules\.d\/6.*|usr\/bin\/(egrep|fgrep|zcat|gunzip)|boot\/config-.*|usr\/share\/pam-configs\/.*|usr\/share\/pam\/.*|usr\/share\/bash-completion\/bash_completion\.x|var\/lib\/dpkg\/info\/format|var\/lib\/dpkg\/(arch|arch-native|diversions|statoverride|cmethopt)|var\/lib\/dpkg\/alternatives\/.*)$/;

const owners = new Map();
const unmerged = new Set();
const packages = [];
const merge = (path) => path.replace(/^\/(bin|sbin|lib|lib32|lib64|libx32)(?=\/)/, "/usr/$1");

function readPackages() {
  const status = readFileSync(join(root, "var/lib/dpkg/status"), "utf8");
  for (const stanza of status.split("\n\n")) {
    if (!/^Status: install ok installed$/m.test(stanza)) continue;
    const field = (name) => stanza.match(new RegExp(`^${name}: ?(.*)$`, "m"))?.[1] ?? "";
    const name = field("Package");
    packages.push({
      name,
      version: field("Version"),
      architecture: field("Architecture"),
      section: field("Section"),
      priority: field("Priority"),
      size: Number(field("Installed-Size") || 0),
      summary: field("Description"),
      maintainer: field("Maintainer"),
      source: field("Source"),
      depends: [field("Pre-Depends"), field("Depends")].filter((d) => d !== "").join(", "),
      provides: field("Provides"),
      multi: field("Multi-Arch"),
      manual: manual.has(name) && base.has(name),
      base: base.has(name),
    });
  }
  packages.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [index, pkg] of packages.entries()) {
    const info = join(root, "var/lib/dpkg/info");
    const file = [`${pkg.name}.list`, `${pkg.name}:${pkg.architecture}.list`].map((f) => join(info, f));
    const text = file.map((f) => tryRead(f)).find((t) => t !== undefined) ?? "";
    for (const path of lines(text)) {
      if (path === "/.") continue;
      const merged = merge(path);
      const all = owners.get(merged) ?? [];
      if (!all.includes(index)) all.push(index);
      owners.set(merged, all);
      if (merged !== path) unmerged.add(merged);
    }
    for (const name of readdirSync(info))
      if (name.startsWith(`${pkg.name}.`) || name.startsWith(`${pkg.name}:`))
        owners.set(`/var/lib/dpkg/info/${name}`, [index]);
  }
}

function tryRead(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Long, public and of no interest to anybody who logs in. */
const bulky =
  /^\/etc\/(ssl\/certs\/|ldap\/schema\/|ldap\/slapd\.d\/|postfix\/main\.cf\.proto|apt\/trusted|aliases\.db)/;

/** `elf-…` by what the program headers say; 32-bit files are no programs of ours. */
function classifyElf(head) {
  if (head.readUInt16LE(16) === 1) return "elf-object";
  const kinds = new Set();
  const first = Number(head.readBigUInt64LE(32));
  const count = head[4] === 2 ? head.readUInt16LE(56) : 0;
  for (let at = first; at < first + count * 56 && at + 4 <= head.length; at += 56)
    kinds.add(head.readUInt32LE(at));
  if (kinds.has(3)) return head.readUInt16LE(16) === 2 ? "elf-exec" : "elf-pie";
  return kinds.has(2) ? "elf-shared" : "elf-static";
}

const magics = [
  ["gzip", "\x1f\x8b"],
  ["xz", "\xfd7zXZ\0"],
  ["zstd", "\x28\xb5\x2f\xfd"],
  ["tz", "TZif"],
  ["png", "\x89PNG"],
];

/** What a file is made of, judged by its first bytes. */
function classify(path, size) {
  if (size === 0) return "empty";
  const head = Buffer.alloc(Math.min(size, 4096));
  const fd = openSync(path, "r");
  readSync(fd, head, 0, head.length, 0);
  closeSync(fd);
  const text = head.toString("latin1");
  if (text.startsWith("\x7fELF") && head.length > 64) return classifyElf(head);
  if (text.startsWith("#!")) return `script ${text.split("\n")[0].slice(2).trim()}`;
  const magic = magics.find(([, start]) => text.startsWith(start));
  if (magic !== undefined) return magic[0];
  if (path.endsWith(".pyc")) return "pyc";
  if (path.endsWith(".mo")) return "mo";
  return head.includes(0) ? "binary" : "text";
}

/** Entries that maintainer scripts of role packages made belong to those. */
const roleTraces = [
  [/mysql|mariadb/, "mariadb-server"],
  [/nginx/, "nginx-light"],
  [/redis/, "redis-server"],
  [/vsftpd/, "vsftpd"],
  [/inetutils-telnetd|inetd/, "inetutils-telnetd"],
  [/snmp/, "snmpd"],
  [/postfix|mailname|aliases/, "postfix"],
  [/dovecot/, "dovecot-core"],
  [/samba|smb|nmb|winbind/, "samba"],
  [/postgres|psql|pg_/, "postgresql-common"],
  [/mosquitto/, "mosquitto"],
  [/named|bind(?!fs)|rndc/, "bind9"],
  [/slapd|ldap/, "slapd"],
  [/ssl-cert|snakeoil/, "ssl-cert"],
];

function ownersOf(path, stat) {
  const known = owners.get(path);
  if (known !== undefined) return known;
  if (stat.ctimeMs <= roleStart) return [];
  const trace = roleTraces.find(([pattern]) => pattern.test(path));
  const index = packages.findIndex((pkg) => pkg.name === trace?.[1]);
  return index < 0 ? [] : [index];
}

const roleStart = lstatSync(baseList).mtimeMs;
readPackages();
const contents = {};
const seen = new Map();
const dict = (map, key) => {
  if (!map.has(key)) map.set(key, map.size);
  return map.get(key);
};
const attrs = new Map();
const times = new Map();
const classes = new Map();
const ownerSets = new Map();
const hard = [];

const queue = [{ real: root, path: "/" }];
const order = [];
for (let at = 0; at < queue.length; at += 1) {
  const { real, path } = queue[at];
  const stat = lstatSync(real);
  const kind = stat.isDirectory() ? "d" : stat.isSymbolicLink() ? "l" : stat.isFile() ? "f" : undefined;
  if (kind === undefined) throw new Error(`unexpected kind at ${path}`);
  const node = { path, kind, stat, real, children: 0 };
  order.push(node);
  if (kind === "d") {
    const names = emptied.test(path)
      ? []
      : readdirSync(real).filter((name) => !dropped.test(join(path, name)));
    names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const name of names) {
      const child = join(real, name);
      const s = lstatSync(child);
      if (s.isSymbolicLink() && readlinkSync(child).includes("snakeoil")) continue;
      if (!s.isDirectory() && !s.isSymbolicLink() && !s.isFile()) continue;
      node.children += 1;
      queue.push({ real: child, path: join(path, name), name });
    }
  }
}
const names = [];
const columns = { attr: [], time: [], owner: [], size: [], cls: [], children: [] };
const targets = [];
for (const [index, node] of order.entries()) {
  const { stat, path, kind } = node;
  names.push(index === 0 ? "" : path.slice(path.lastIndexOf("/") + 1));
  const flags = unmerged.has(path) ? "u" : "";
  columns.attr.push(
    dict(attrs, `${kind} ${(stat.mode & 0o7777).toString(8)} ${stat.uid} ${stat.gid} ${flags}`),
  );
  const mtime = Math.floor(stat.mtimeMs / 1000);
  // Times of the recording itself mean "when the machine was installed".
  const recorded = Date.now() / 1000 - mtime < 86_400;
  columns.time.push(dict(times, recorded ? 0 : mtime));
  columns.owner.push(dict(ownerSets, ownersOf(path, stat).join(",")));
  if (kind === "d") columns.children.push(node.children);
  if (kind === "l") targets.push(readlinkSync(node.real));
  if (kind !== "f") continue;
  columns.size.push(stat.size);
  const cls = classify(node.real, stat.size);
  const record =
    cls !== "empty" &&
    texts.test(path) &&
    !bulky.test(path) &&
    stat.size < 400_000 &&
    (cls === "text" || cls.startsWith("script "));
  if (record) contents[path] = readFileSync(node.real, "latin1");
  columns.cls.push(dict(classes, record ? "recorded" : cls));
  if (stat.nlink > 1) {
    const key = `${stat.dev}:${stat.ino}`;
    if (seen.has(key)) hard.push([index, seen.get(key)]);
    else seen.set(key, index);
  }
}

function varints(values) {
  const bytes = [];
  for (let value of values) {
    while (value >= 128) {
      bytes.push((value % 128) | 128);
      value = Math.floor(value / 128);
    }
    bytes.push(value);
  }
  return Buffer.from(bytes);
}
const brotli = (buffer, mode) =>
  brotliCompressSync(buffer, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_MODE]: mode ?? constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: buffer.length,
    },
  });

const binary = [columns.attr, columns.time, columns.owner, columns.size, columns.cls, columns.children].map(
  varints,
);
const header = Buffer.from(
  JSON.stringify({
    count: order.length,
    lengths: binary.map((b) => b.length),
    attrs: [...attrs.keys()],
    times: [...times.keys()],
    owners: [...ownerSets.keys()],
    classes: [...classes.keys()],
    hard,
    targets,
  }),
);
const tree = Buffer.concat([
  Buffer.from(Uint32Array.of(header.length).buffer),
  header,
  ...binary,
  Buffer.from(names.join("\n")),
]);
const accounts = Object.fromEntries(
  ["passwd", "group", "shadow"].map((f) => [f, readFileSync(join(root, "etc", f), "utf8")]),
);
const parts = {
  tree: brotli(tree),
  contents: brotli(Buffer.from(JSON.stringify(contents))),
  packages: brotli(Buffer.from(JSON.stringify({ packages, accounts }))),
};
const stamp = new Date().toISOString().slice(0, 10);
writeFileSync(
  out,
  `// Made by scripts/record-release.mjs on ${stamp}. Do not edit.\n` +
    `export const recordedOn = "${stamp}";\n` +
    Object.entries(parts)
      .map(([name, bytes]) => `export const ${name} =\n  "${bytes.toString("base64")}";\n`)
      .join(""),
);
process.stdout.write(
  `${order.length} entries, ${packages.length} packages, ${Object.keys(contents).length} texts; ` +
    Object.entries(parts)
      .map(([n, b]) => `${n} ${b.length}`)
      .join(", ") +
    `; attrs ${attrs.size} times ${times.size} classes ${classes.size} owners ${ownerSets.size}\n`,
);
