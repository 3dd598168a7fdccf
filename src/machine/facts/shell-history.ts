import type { MachinePersona } from "../persona.ts";
import { deckySeeded } from "../seeded.ts";

/** What the administrator of such a role typed lately; drawn, so that no two machines have the same. */
export function historyOf(persona: MachinePersona, user: string): string {
  const random = deckySeeded(persona.secret, `history ${user}`);
  const gateway = persona.network.gateway;
  const everyday = [
    "ls -la",
    "df -h",
    "free -m",
    "top",
    "uptime",
    "w",
    "last | head",
    "ip a",
    "ip r",
    `ping -c 3 ${gateway}`,
    "apt update",
    "apt upgrade",
    "apt list --upgradable",
    "journalctl -xe",
    "tail -f /var/log/syslog",
    "tail -50 /var/log/auth.log",
    "systemctl status ssh",
    "systemctl restart rsyslog",
    "cat /etc/hosts",
    "nano /etc/hosts",
    "nano /etc/network/interfaces",
    "crontab -l",
    "du -sh /var/log",
    "du -sh /var/* | sort -h | tail",
    "cd /var/log",
    "cd",
    "exit",
    "date",
    "timedatectl",
    "ss -tlnp",
    "ps aux | less",
    "dmesg | tail",
    "cat /proc/loadavg",
    "vi /etc/motd",
    "passwd",
    "hostnamectl",
    "history | grep apt",
    `ssh ${persona.people[0]?.user ?? "backup"}@${gateway}`,
  ];
  const byRole: Readonly<Record<MachinePersona["role"], readonly string[]>> = {
    server: ["systemctl list-units --failed", "lsblk", "cat /etc/fstab", "rsync -av /srv/ /var/backups/srv/"],
    web: [
      "nginx -t",
      "systemctl reload nginx",
      "cd /var/www/html",
      "ls -l /etc/nginx/sites-enabled",
      "tail -f /var/log/nginx/access.log",
    ],
    database: ["mysql -u root -p", "systemctl restart mariadb", "ls -lh /var/lib/mysql", "mysqladmin status"],
    router: ["iptables -L -n", "ip route"],
  };
  const pool = [...everyday, ...byRole[persona.role], ...byRole[persona.role]];
  const count = random.integer(34, 120);
  return `${Array.from({ length: count }, () => random.pick(pool)).join("\n")}\n`;
}
