import type { MachinePersona } from "../persona.ts";

/** A daemon that a persona may run: where it comes from and what it looks like. */
export interface Daemon {
  readonly package: string;
  readonly unit: string;
  readonly description: string;
  readonly exe: string;
  readonly argv: readonly string[];
  readonly user: string;
  /** KiB */
  readonly rss: number;
  readonly vsz: number;
  readonly threads?: number;
  readonly children?: readonly {
    readonly argv: readonly string[];
    readonly user: string;
    readonly count: number;
  }[];
  readonly address?: string;
}

/** By the program names that a persona's `listens` uses, and their usual aliases. */
const daemons: Readonly<Record<string, Daemon>> = {
  nginx: {
    package: "nginx-light",
    unit: "nginx.service",
    description: "A high performance web server and a reverse proxy server",
    exe: "/usr/sbin/nginx",
    argv: ["nginx: master process /usr/sbin/nginx -g daemon on; master_process on;"],
    user: "root",
    rss: 1672,
    vsz: 10_328,
    children: [{ argv: ["nginx: worker process"], user: "www-data", count: 2 }],
  },
  mariadbd: {
    package: "mariadb-server",
    unit: "mariadb.service",
    description: "MariaDB 10.11 database server",
    exe: "/usr/sbin/mariadbd",
    argv: ["/usr/sbin/mariadbd"],
    user: "mysql",
    rss: 118_440,
    vsz: 1_354_628,
    threads: 9,
  },
  "redis-server": {
    package: "redis-server",
    unit: "redis-server.service",
    description: "Advanced key-value store",
    exe: "/usr/bin/redis-check-rdb",
    argv: ["/usr/bin/redis-server 127.0.0.1:6379"],
    user: "redis",
    rss: 9804,
    vsz: 66_352,
    threads: 6,
  },
  vsftpd: {
    package: "vsftpd",
    unit: "vsftpd.service",
    description: "vsftpd FTP server",
    exe: "/usr/sbin/vsftpd",
    argv: ["/usr/sbin/vsftpd", "/etc/vsftpd.conf"],
    user: "root",
    rss: 3320,
    vsz: 8660,
  },
  inetd: {
    package: "inetutils-telnetd",
    unit: "inetutils-inetd.service",
    description: "GNU Network Utilities - inetd",
    exe: "/usr/sbin/inetutils-inetd",
    argv: ["/usr/sbin/inetutils-inetd"],
    user: "root",
    rss: 1408,
    vsz: 5248,
  },
  snmpd: {
    package: "snmpd",
    unit: "snmpd.service",
    description: "Simple Network Management Protocol (SNMP) Daemon.",
    exe: "/usr/sbin/snmpd",
    argv: [
      "/usr/sbin/snmpd",
      "-LOw",
      "-u",
      "Debian-snmp",
      "-g",
      "Debian-snmp",
      "-I",
      "-smux mteTrigger mteTriggerConf",
      "-f",
    ],
    user: "Debian-snmp",
    rss: 13_208,
    vsz: 26_332,
  },
  master: {
    package: "postfix",
    unit: "postfix@-.service",
    description: "Postfix Mail Transport Agent (instance -)",
    exe: "/usr/lib/postfix/sbin/master",
    argv: ["/usr/lib/postfix/sbin/master", "-w"],
    user: "root",
    rss: 4652,
    vsz: 42_848,
    children: [{ argv: ["qmgr", "-l", "-t", "unix", "-u"], user: "postfix", count: 1 }],
  },
  dovecot: {
    package: "dovecot-core",
    unit: "dovecot.service",
    description: "Dovecot IMAP/POP3 email server",
    exe: "/usr/sbin/dovecot",
    argv: ["/usr/sbin/dovecot", "-F"],
    user: "root",
    rss: 4096,
    vsz: 6484,
    children: [
      { argv: ["dovecot/anvil"], user: "dovecot", count: 1 },
      { argv: ["dovecot/log"], user: "root", count: 1 },
    ],
  },
  smbd: {
    package: "samba",
    unit: "smbd.service",
    description: "Samba SMB Daemon",
    exe: "/usr/sbin/smbd",
    argv: ["/usr/sbin/smbd", "--foreground", "--no-process-group"],
    user: "root",
    rss: 21_904,
    vsz: 81_312,
    children: [{ argv: ["/usr/sbin/smbd", "--foreground", "--no-process-group"], user: "root", count: 2 }],
  },
  postgres: {
    package: "postgresql",
    unit: "postgresql@15-main.service",
    description: "PostgreSQL Cluster 15-main",
    exe: "/usr/lib/postgresql/15/bin/postgres",
    argv: [
      "/usr/lib/postgresql/15/bin/postgres",
      "-D",
      "/var/lib/postgresql/15/main",
      "-c",
      "config_file=/etc/postgresql/15/main/postgresql.conf",
    ],
    user: "postgres",
    rss: 29_440,
    vsz: 216_320,
    children: [
      { argv: ["postgres: 15/main: checkpointer "], user: "postgres", count: 1 },
      { argv: ["postgres: 15/main: background writer "], user: "postgres", count: 1 },
      { argv: ["postgres: 15/main: walwriter "], user: "postgres", count: 1 },
      { argv: ["postgres: 15/main: autovacuum launcher "], user: "postgres", count: 1 },
      { argv: ["postgres: 15/main: logical replication launcher "], user: "postgres", count: 1 },
    ],
  },
  mosquitto: {
    package: "mosquitto",
    unit: "mosquitto.service",
    description: "Mosquitto MQTT Broker",
    exe: "/usr/sbin/mosquitto",
    argv: ["/usr/sbin/mosquitto", "-c", "/etc/mosquitto/mosquitto.conf"],
    user: "mosquitto",
    rss: 6288,
    vsz: 14_844,
  },
  named: {
    package: "bind9",
    unit: "named.service",
    description: "BIND Domain Name Server",
    exe: "/usr/sbin/named",
    argv: ["/usr/sbin/named", "-f", "-u", "bind"],
    user: "bind",
    rss: 44_032,
    vsz: 351_744,
    threads: 8,
  },
  slapd: {
    package: "slapd",
    unit: "slapd.service",
    description: "LSB: OpenLDAP standalone server (Lightweight Directory Access Protocol)",
    exe: "/usr/sbin/slapd",
    argv: [
      "/usr/sbin/slapd",
      "-h",
      "ldap:/// ldapi:///",
      "-g",
      "openldap",
      "-u",
      "openldap",
      "-F",
      "/etc/ldap/slapd.d",
    ],
    user: "openldap",
    rss: 9348,
    vsz: 1_166_996,
    threads: 3,
  },
};

const aliases: Readonly<Record<string, string>> = {
  http: "nginx",
  https: "nginx",
  mysqld: "mariadbd",
  mysql: "mariadbd",
  mariadb: "mariadbd",
  redis: "redis-server",
  ftp: "vsftpd",
  ftpd: "vsftpd",
  proftpd: "vsftpd",
  telnetd: "inetd",
  telnet: "inetd",
  "inetutils-inetd": "inetd",
  smtpd: "master",
  postfix: "master",
  smtp: "master",
  imap: "dovecot",
  pop3: "dovecot",
  "imap-login": "dovecot",
  "pop3-login": "dovecot",
  samba: "smbd",
  smb: "smbd",
  postgresql: "postgres",
  bind9: "named",
  ldap: "slapd",
  mqtt: "mosquitto",
};

export const daemonOf = (program: string): Daemon | undefined => daemons[aliases[program] ?? program];

/** Every daemon whose port the persona answers, once each, in the order of the persona. */
export function daemonsOf(persona: MachinePersona): readonly Daemon[] {
  const found = new Map<string, Daemon>();
  for (const { program } of persona.listens) {
    const daemon = daemonOf(program);
    if (daemon !== undefined) found.set(daemon.unit, daemon);
  }
  return [...found.values()];
}
