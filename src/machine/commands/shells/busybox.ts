import { type Program, ProgramContext, type ProgramTable } from "../command.ts";

/** Applets of Debian's busybox 1.35. */
const applets =
  "[ [[ acpid adjtimex ar arch arp arping ascii ash awk base64 basename bc blkdiscard blkid blockdev brctl bunzip2 busybox bzcat bzip2 cal cat chgrp chmod chown chroot chvt clear cmp cp cpio crc32 crond crontab cttyhack cut date dc dd deallocvt depmod devmem df diff dirname dmesg dnsdomainname dos2unix du dumpkmap dumpleases echo egrep env expand expr factor fallocate false fatattr fdisk fgrep find fold free freeramdisk fsfreeze fstrim ftpget ftpput getopt getty grep groups gunzip gzip halt head hexdump hostid hostname httpd hwclock i2cdetect i2cdump i2cget i2cset id ifconfig ifdown ifup init insmod ionice ip ipcalc ipneigh kill killall klogd last less link linux32 linux64 linuxrc ln loadfont loadkmap logger login logname logread losetup ls lsmod lsscsi lzcat lzma lzop md5sum mdev microcom mim mkdir mkdosfs mke2fs mkfifo mknod mkpasswd mkswap mktemp modinfo modprobe more mount mt mv nameif nbd-client nc netstat nl nologin nproc nsenter nslookup nuke od openvt partprobe paste patch pidof ping ping6 pivot_root poweroff printf ps pwd rdate readlink realpath reboot renice reset resume rev rm rmdir rmmod route rpm rpm2cpio run-init run-parts sed seq setkeycodes setpriv setsid sh sha1sum sha256sum sha3sum sha512sum shred shuf sleep sort ssl_client start-stop-daemon stat static-sh strings stty su sulogin svc svok swapoff swapon switch_root sync sysctl syslogd tac tail tar taskset tc tee telnet telnetd test tftp time timeout top touch tr traceroute traceroute6 true truncate ts tty ubirename udhcpc udhcpd uevent umount uname uncompress unexpand uniq unix2dos unlink unlzma unshare unxz unzip uptime usleep uudecode uuencode vconfig vi w watch watchdog wc wget which who whoami xargs xxd xz xzcat yes zcat".split(
    " ",
  );

const banner = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.";

function usage(): string {
  let list = "";
  let line = "\t";
  for (const [index, name] of applets.entries()) {
    const cell = `${name}${index === applets.length - 1 ? "" : ", "}`;
    if (line.length + cell.trimEnd().length > 70) {
      list += `${line.trimEnd()}\n`;
      line = "\t";
    }
    line += cell;
  }
  list += line;
  return `${banner}\nBusyBox is copyrighted by many authors between 1998-2015.\nLicensed under GPLv2. See source distribution for detailed\ncopyright notices.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list[-full]\n   or: busybox --show SCRIPT\n   or: busybox --install [-s] [DIR]\n   or: function [arguments]...\n\n\tBusyBox is a multi-call binary that combines many common Unix\n\tutilities into a single executable.  Most people will create a\n\tlink to busybox for each function they wish to use and BusyBox\n\twill act like whatever it was invoked as.\n\nCurrently defined functions:\n${list}\n\n`;
}

/** `busybox`: acts as the applet its first argument, or its own name, says. */
export function busybox(programs: ProgramTable, own: ProgramTable): Program {
  const run = async (context: ProgramContext): Promise<number> => {
    const called = context.argv0.split("/").at(-1) ?? "";
    // Only a name that begins with busybox takes the applet from its arguments.
    const multi = called.startsWith("busybox");
    const [first, ...rest] = context.args;
    const applet = multi ? first : called;
    if (multi && (applet === undefined || applet === "--help")) {
      await context.out(usage());
      return 0;
    }
    if (multi && applet === "--list") {
      await context.out(`${applets.join("\n")}\n`);
      return 0;
    }
    const name = applet ?? "";
    if (!applets.includes(name)) return context.fail(`${name}: applet not found`, 127);
    return runApplet(context, { name, args: multi ? rest : context.args, programs, own });
  };
  return { names: ["busybox"], run };
}

interface Applet {
  readonly name: string;
  readonly args: readonly string[];
  readonly programs: ProgramTable;
  readonly own: ProgramTable;
}

async function runApplet(context: ProgramContext, applet: Applet): Promise<number> {
  const { name, args, programs, own } = applet;
  const program =
    own.find(name) ??
    (name === "sh" || name === "ash" ? context.launcher.programs.find("ash") : undefined) ??
    programs.find(name);
  if (program === undefined) {
    context.unknown();
    return 0;
  }
  const inner = new AppletContext(context, name, args);
  try {
    const status = await program.run(inner);
    return name === "ls" && status === 2 ? 1 : status;
  } finally {
    await inner.flush();
  }
}

/** The program's code under busybox's words: its error texts are shorter. */
class AppletContext extends ProgramContext {
  constructor(outer: ProgramContext, name: string, args: readonly string[]) {
    super({
      argv: [name, ...args],
      name: name === "dd" || name === "ls" ? "busybox" : name === "sh" ? "ash" : name,
      process: outer.process,
      login: outer.login,
      run: outer.run,
      launcher: outer.launcher,
      fs: outer.fs,
      umask: outer.umask,
    });
  }

  override async err(text: string): Promise<void> {
    await super.err(translate(text));
  }
}

/** GNU messages as busybox prints them. */
function translate(text: string): string {
  return text
    .replace(
      /^(cat|head|tail|wc|sort|md5sum|sha\d+sum|tac): ((?!can't|invalid|unrecog|option|missing)[^:\n]+): (No such file or directory|Permission denied)$/gm,
      "$1: can't open '$2': $3",
    )
    .replace(/^(\w+): cannot (?:access|stat) '([^']*)': /gm, "$1: $2: ")
    .replace(/^cp: (\S+): (No such file or directory)/gm, "cp: can't stat '$1': $2")
    .replace(/^mv: (\S+): (No such file or directory)/gm, "mv: can't rename '$1': $2")
    .replace(/^(rm): cannot remove '([^']*)': /gm, "$1: can't remove '$2': ")
    .replace(/^(mkdir): cannot create directory '([^']*)': /gm, "$1: can't create directory '$2': ")
    .replace(/^(rmdir): failed to remove '([^']*)': /gm, "$1: '$2': ")
    .replace(/^(touch): cannot touch '([^']*)': /gm, "$1: $2: ")
    .replace(
      /^(\w+): (?:cannot open|failed to open) '([^']*)'(?: for reading)?: /gm,
      "$1: can't open '$2': ",
    );
}
