import { expect, it } from "vitest";
import type { MachinePersona } from "./persona.ts";
import { loginAs, openTestMachine, textOf, walk } from "./testing/machine.ts";
import { personaNamed } from "./testing/persona.ts";

const services = [
  { port: 80, proto: "tcp" as const, program: "nginx" },
  { port: 6379, proto: "tcp" as const, program: "redis-server" },
  { port: 21, proto: "tcp" as const, program: "vsftpd" },
  { port: 5432, proto: "tcp" as const, program: "postgres" },
  { port: 445, proto: "tcp" as const, program: "smbd" },
];

const personas: MachinePersona[] = Array.from({ length: 20 }, (_, i) =>
  personaNamed(`site-app-${String(i + 10)}`, {
    role: (["server", "web", "database"] as const)[i % 3] ?? "server",
    listens: [{ port: 22, proto: "tcp", program: "sshd" }, ...services.slice(i % 5, (i % 5) + 1)],
  }),
);

const literal =
  /kippo|cowrie|decnet|decky|honeypot|honeyd|dionaea|conpot|opencanary|t-pot|svr0[34]\b|\bnas3\b|Jun2[23]|@LocalHost:\]|345gs5662d34|Debian-2\+deb12u3|6\.1\.0-21-|\.dockerenv|\bphil\b|\brichard\b|docker|containerd|lxc\b|172\.17\./i;
const allowed = (path: string): boolean =>
  // Documentation of packages names other systems; the words stand in file names or recorded texts there.
  /^\/(usr\/share\/(doc|man|bash-completion|locale|zoneinfo|misc|perl|mime|vim|polkit-1|i18n|python3)|usr\/lib\/(modules|python3|firmware|udev|systemd|tmpfiles\.d|sysusers\.d|x86_64-linux-gnu|apparmor)|etc\/(mime\.types|services|init\.d|ssl|apparmor\.d|systemd|perl|redis|postgresql|vim|nanorc|screenrc|lvm|samba|logcheck|default|apt|bash_completion\.d|protocols|debconf\.conf|grub\.d|initramfs-tools)|boot|var\/lib\/dpkg)/.test(
    path,
  );

it("twenty machines show none of the words that give decoys away, in names or contents", async () => {
  const hits: string[] = [];
  for (const persona of personas) {
    await using one = await openTestMachine(persona);
    const seen = one.files();
    using session = one.view().logins.open(loginAs("root"), { tty: true, argv: ["-bash"] });
    expect(session.tty).toBe("pts/0");
    const paths = walk(seen, (path) => /^\/usr\/(share|lib\/modules)$|^\/proc\/\d+\/task$/.test(path));
    expect(paths.length).toBeGreaterThan(5000);
    for (const path of paths) {
      if (literal.test(path) && !allowed(path)) hits.push(path);
      const facts = seen.lstat(path);
      if (facts.kind !== "file" || facts.size > 200_000 || allowed(path)) continue;
      const content = textOf(seen.read(path));
      const match = literal.exec(content);
      if (match !== null)
        hits.push(`${path}: ${content.slice(Math.max(0, match.index - 30), match.index + 30)}`);
    }
  }
  expect(hits).toEqual([]);
}, 900_000);
