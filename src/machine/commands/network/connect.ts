import { CodedError } from "#kernel/errors.ts";
import type { Program, ProgramContext } from "../command.ts";
import { fallbackProgram, recordedUsage } from "../fallback.ts";
import { connectOutcome } from "./reach.ts";

async function usage(context: ProgramContext): Promise<number> {
  return (await recordedUsage(context)) ?? fallbackProgram(context.name).run(context);
}

/** Operands with the options that take a value removed. */
function operandsOf(
  args: readonly string[],
  valued: string,
): {
  readonly operands: string[];
  readonly value: (letter: string) => string | undefined;
  readonly has: (letter: string) => boolean;
} {
  const operands: string[] = [];
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (!/^-./.test(arg)) {
      operands.push(arg);
      continue;
    }
    for (let letter = 1; letter < arg.length; letter++) {
      const key = arg[letter] ?? "";
      if (!valued.includes(key)) {
        values.set(key, "");
        continue;
      }
      values.set(key, arg.slice(letter + 1) || (args[++at] ?? ""));
      break;
    }
  }
  return { operands, value: (letter) => values.get(letter), has: (letter) => values.has(letter) };
}

async function ping(context: ProgramContext): Promise<number> {
  const { operands, value } = operandsOf(context.args, "cWwiIlmMpQsStT");
  const host = operands[0];
  if (host === undefined) return context.fail(`${context.argv0}: usage error: Destination address required`);
  const outcome = connectOutcome(context.login, host, 0);
  if (outcome.error === "name") {
    await context.sleep(outcome.afterMs);
    return context.fail(`${context.argv0}: ${host}: Temporary failure in name resolution`, 2);
  }
  if (outcome.error === "unreachable")
    return context.fail(`${context.argv0}: connect: Network is unreachable`, 2);
  const size = Number(value("s") ?? 56);
  await context.out(`PING ${host} (${host}) ${size}(${size + 28}) bytes of data.\n`);
  await context.flush();
  const count = value("c") === undefined ? Number.POSITIVE_INFINITY : Number(value("c"));
  const interval = Math.max(200, Number(value("i") ?? 1) * 1000);
  const answers = reachable(context, host);
  const times: number[] = [];
  const started = performance.now();
  let sent = 0;
  const onInterrupt = () => {
    stopped = true;
    context.process.interrupt(new StopPing());
  };
  let stopped = false;
  context.process.dispositions.set(2, onInterrupt);
  try {
    while (sent < count && !stopped) {
      sent += 1;
      if (answers) {
        const time = host.startsWith("127.") ? 0.02 + Math.random() * 0.03 : 0.2 + Math.random() * 0.5;
        times.push(time);
        await context.out(
          `${size + 8} bytes from ${host}: icmp_seq=${sent} ttl=64 time=${time.toFixed(3)} ms\n`,
        );
      }
      await context.flush();
      if (sent < count) await context.sleep(interval);
      else if (!answers) await context.sleep(Number(value("W") ?? 10) * 1000);
    }
  } catch (error) {
    if (!(error instanceof StopPing)) throw error;
  }
  const loss = sent === 0 ? 0 : Math.round(((sent - times.length) / sent) * 100);
  const elapsed = Math.round(performance.now() - started);
  await context.out(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${times.length} received, ${loss}% packet loss, time ${elapsed}ms\n`,
  );
  if (times.length > 0) {
    const average = times.reduce((sum, time) => sum + time, 0) / times.length;
    const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - average) ** 2, 0) / times.length);
    await context.out(
      `rtt min/avg/max/mdev = ${[Math.min(...times), average, Math.max(...times), deviation].map((each) => each.toFixed(3)).join("/")} ms\n`,
    );
  } else await context.out("\n");
  return times.length > 0 ? 0 : 1;
}

/** ^C at ping: it still prints its statistics. */
class StopPing extends CodedError {
  readonly code = "MACHINE_PING_STOPPED";
}

function reachable(context: ProgramContext, host: string): boolean {
  const { network } = context.world;
  const own =
    host.startsWith("127.") ||
    network.interfaces().some((each) => each.addresses.some((address) => address.address === host));
  return own || network.neighbours().some((neighbour) => neighbour.address === host);
}

async function nc(context: ProgramContext): Promise<number> {
  const { operands, value, has } = operandsOf(context.args, "eIiMmOPpqsTVWwXxc");
  const [host, portText] = operands;
  if (has("l")) {
    const port = Number(value("p") ?? operands.at(-1));
    if (!(port > 0)) return usage(context);
    using _socket = context.world.network.hold({
      proto: "tcp",
      state: "LISTEN",
      local: { address: "0.0.0.0", port },
      remote: { address: "0.0.0.0", port: 0 },
      pid: context.process.pid,
    });
    for (;;) await context.sleep(60_000);
  }
  if (host === undefined || portText === undefined) return usage(context);
  const port = Number(portText) || 0;
  context.login.observer.lateralAttempt({ tool: "nc", host, port });
  const outcome = connectOutcome(context.login, host, port);
  const limit = value("w") === undefined ? Number.POSITIVE_INFINITY : Number(value("w")) * 1000;
  await context.sleep(Math.min(outcome.afterMs, limit));
  if (outcome.error === "name")
    return context.fail(
      `nc: getaddrinfo for host "${host}" port ${portText}: Temporary failure in name resolution`,
    );
  return has("v")
    ? context.fail(
        `nc: connect to ${host} port ${port} (${has("u") ? "udp" : "tcp"}) failed: ${outcome.afterMs > limit ? "Operation now in progress" : outcome.text}`,
      )
    : 1;
}

async function telnet(context: ProgramContext): Promise<number> {
  const { operands, value } = operandsOf(context.args, "lneSbX");
  const [host, port = "23"] = operands;
  if (host === undefined) {
    await context.out("telnet> ");
    const line = await context.stdin.read();
    await context.out(line === undefined ? "\n" : "");
    return 0;
  }
  const user = value("l");
  context.login.observer.lateralAttempt({
    tool: "telnet",
    host,
    port: Number(port) || 23,
    ...(user === undefined ? {} : { user }),
  });
  const outcome = connectOutcome(context.login, host, Number(port) || 23);
  if (outcome.error === "name") {
    await context.sleep(outcome.afterMs);
    return context.fail(`telnet: could not resolve ${host}/${port}: Temporary failure in name resolution`);
  }
  await context.out(`Trying ${host}...\n`);
  await context.sleep(outcome.afterMs);
  return context.fail(`telnet: Unable to connect to remote host: ${outcome.text}`);
}

async function ssh(context: ProgramContext): Promise<number> {
  const { operands, value, has } = operandsOf(context.args, "BbcDEeFIiJLlmOopQRSWw");
  if (has("V"))
    return context.fail(
      `${(context.model.release.sshBanner || "SSH-2.0-OpenSSH_9.2p1").replace(/^SSH-2\.0-/, "").replace(" ", " ")}, OpenSSL 3.0.15 3 Sep 2024`,
      0,
    );
  const target = operands[0];
  if (target === undefined) return usage(context);
  const at = target.lastIndexOf("@");
  const host = target.slice(at + 1).replace(/^ssh:\/\//, "");
  const user = at >= 0 ? target.slice(0, at) : value("l");
  const port = Number(value("p") ?? 22) || 22;
  context.login.observer.lateralAttempt({ tool: "ssh", host, port, ...(user === undefined ? {} : { user }) });
  const outcome = connectOutcome(context.login, host, port);
  await context.sleep(Math.min(outcome.afterMs, timeoutOption(context.args)));
  if (outcome.error === "name")
    return context.fail(`ssh: Could not resolve hostname ${host}: Temporary failure in name resolution`, 255);
  return context.fail(`ssh: connect to host ${host} port ${port}: ${outcome.text}`, 255);
}

function timeoutOption(args: readonly string[]): number {
  const match = /ConnectTimeout[= ](\d+)/i.exec(args.join(" "));
  return match ? Number(match[1]) * 1000 : Number.POSITIVE_INFINITY;
}

async function scp(context: ProgramContext): Promise<number> {
  const { operands, value, has } = operandsOf(context.args, "cDFiJlnoPSXt");
  if (value("t") !== undefined)
    return scpSink(context, value("t") === "" ? (operands[0] ?? ".") : (value("t") ?? "."));
  if (has("f")) return scpSource(context, operands);
  const remote = operands.find((operand) => /^[^/]+:/.test(operand));
  if (operands.length < 2 || remote === undefined) return usage(context);
  const match = /^(?:([^@]+)@)?([^:]+):/.exec(remote);
  const host = match?.[2] ?? "";
  context.login.observer.lateralAttempt({
    tool: "scp",
    host,
    port: Number(value("P") ?? 22) || 22,
    ...(match?.[1] === undefined ? {} : { user: match[1] }),
  });
  const outcome = connectOutcome(context.login, host, 22);
  await context.sleep(outcome.afterMs);
  const text =
    outcome.error === "name"
      ? `ssh: Could not resolve hostname ${host}: Temporary failure in name resolution`
      : `ssh: connect to host ${host} port ${value("P") ?? 22}: ${outcome.text}`;
  return context.fail(`${text}\nscp: Connection closed`, 255);
}

async function readLine(context: ProgramContext): Promise<string | undefined> {
  let line = "";
  for (;;) {
    const byte = await context.stdin.read(1);
    if (byte === undefined) return line === "" ? undefined : line;
    if (byte[0] === 10) return line;
    line += Buffer.from(byte).toString("latin1");
    if (line.length > 8192) return line;
  }
}

/** `scp -t`: the old protocol's receiving side, as an uploading client drives it. */
async function scpSink(context: ProgramContext, target: string): Promise<number> {
  const folders = [target];
  const acknowledge = async () => {
    await context.out(Uint8Array.of(0));
    await context.flush();
  };
  await acknowledge();
  for (;;) {
    const line = await readLine(context);
    if (line === undefined) return 0;
    const kind = line[0];
    if (kind === "T") await acknowledge();
    else if (kind === "E") {
      folders.pop();
      await acknowledge();
    } else if (kind === "C" || kind === "D") {
      const match = /^[CD]([0-7]{4}) (\d+) ([^/]+)$/.exec(line);
      if (!match) return context.fail("scp: protocol error: expected control record");
      const base = folders.at(-1) ?? ".";
      const path = context.stat(base)?.kind === "directory" ? `${base}/${match[3] ?? ""}` : base;
      const failed =
        kind === "D"
          ? await makeFolder(context, path, folders, acknowledge)
          : await receive(
              context,
              { path, mode: Number.parseInt(match[1] ?? "644", 8), size: Number(match[2]) },
              acknowledge,
            );
      if (failed) return 1;
    } else if (kind === "\x01" || kind === "\x02") return 1;
    else return context.fail("scp: protocol error: unexpected <newline>");
  }
}

async function makeFolder(
  context: ProgramContext,
  path: string,
  folders: string[],
  acknowledge: () => Promise<void>,
): Promise<boolean> {
  const made = context.attempt(() => {
    if (context.stat(path) === undefined) context.fs.mkdir(context.path(path));
  });
  if (made.error !== undefined) {
    await context.out(`\x01scp: ${path}: ${made.error}\n`);
    return true;
  }
  folders.push(path);
  await acknowledge();
  return false;
}

async function receive(
  context: ProgramContext,
  file: { readonly path: string; readonly mode: number; readonly size: number },
  acknowledge: () => Promise<void>,
): Promise<boolean> {
  const full = context.path(file.path);
  const made = context.attempt(() => {
    context.fs.write(full, new Uint8Array(0), { mode: file.mode });
  });
  if (made.error !== undefined) {
    await context.out(`\x01scp: ${file.path}: ${made.error}\n`);
    return true;
  }
  await acknowledge();
  let left = file.size;
  let problem: string | undefined;
  while (left > 0) {
    const chunk = await context.stdin.read(Math.min(left, 65_536));
    if (chunk === undefined) return true;
    left -= chunk.length;
    problem ??= context.attempt(() => {
      context.fs.append(full, chunk);
    }).error;
  }
  context.fs.closed(full);
  await context.stdin.read(1);
  if (problem === undefined) await acknowledge();
  else await context.out(`\x01scp: ${file.path}: ${problem}\n`);
  return false;
}

async function scpSource(context: ProgramContext, names: readonly string[]): Promise<number> {
  await context.stdin.read(1);
  let status = 0;
  for (const name of names) {
    const read = context.attempt(() => ({
      bytes: context.fs.read(context.path(name)),
      mode: context.fs.stat(context.path(name)).mode,
    }));
    if (read.error !== undefined) {
      status = 1;
      await context.out(`\x01scp: ${name}: ${read.error}\n`);
      continue;
    }
    await context.out(
      `C${(read.value.mode & 0o7777).toString(8).padStart(4, "0")} ${read.value.bytes.length} ${name.split("/").at(-1) ?? name}\n`,
    );
    await context.flush();
    await context.stdin.read(1);
    await context.out(read.value.bytes);
    await context.out(Uint8Array.of(0));
    await context.flush();
    await context.stdin.read(1);
  }
  return status;
}

async function git(context: ProgramContext): Promise<number> {
  const [command, ...rest] = context.args;
  const url = rest.find((arg) => /^(https?|git|ssh):\/\/|^[^/]+@[^:]+:/.test(arg));
  if (command === "clone" && url !== undefined) {
    const host = /^(?:\w+:\/\/)?(?:[^@/]*@)?([^:/]+)/.exec(url)?.[1] ?? "";
    const folder =
      url
        .replace(/\/$/, "")
        .replace(/\.git$/, "")
        .split(/[/:]/)
        .at(-1) ?? "repo";
    const port = url.startsWith("http:") ? 80 : url.startsWith("https:") ? 443 : 22;
    const outcome = connectOutcome(context.login, host, port);
    context.login.observer.downloadAttempt({
      url,
      tool: "git",
      result: outcome.error === "refused" ? "refused" : "filtered",
      n: context.run.n,
    });
    await context.err(`Cloning into '${folder}'...\n`);
    await context.sleep(outcome.afterMs);
    return context.fail(
      outcome.error === "name"
        ? `fatal: unable to access '${url}/': Could not resolve host: ${host}`.replace("//'", "/'")
        : `fatal: unable to access '${url}/': Failed to connect to ${host} port ${port} after ${Math.round(outcome.afterMs)} ms: Couldn't connect to server`.replace(
            "//'",
            "/'",
          ),
      128,
    );
  }
  if (command === "status" || command === "log" || command === "pull")
    return context.fail("fatal: not a git repository (or any of the parent directories): .git", 128);
  return usage(context);
}

async function nslookup(context: ProgramContext): Promise<number> {
  const { operands } = operandsOf(context.args, "tpcq");
  const host = operands.at(-1);
  const bad = context.args.find((arg) => arg.startsWith("--"));
  if (bad !== undefined && context.name === "nslookup") {
    await context.out(`*** Invalid option: ${bad.slice(1)}\n\n`);
    return 1;
  }
  if (host === undefined) return context.name === "nslookup" ? 0 : usage(context);
  const server =
    operands.length > 1 && context.name === "nslookup"
      ? operands[1]
      : (context.world.network.resolvers()[0] ?? "127.0.0.1");
  await context.sleep(context.world.network.policy === "offline" ? 10 : 15_000);
  const text =
    context.world.network.policy === "offline"
      ? `;; UDP setup with ${server}#53(${server}) for ${host} failed: network unreachable.`
      : `;; communications error to ${server}#53: timed out`;
  if (context.name === "nslookup")
    await context.out(`${text}\n${text}\n${text}\n;; no servers could be reached\n\n\n`);
  else if (context.name === "dig")
    await context.out(
      `${text}\n${text}\n${text}\n\n; <<>> DiG 9.18.28-1~deb12u2-Debian <<>> ${context.args.join(" ")}\n;; global options: +cmd\n;; no servers could be reached\n\n`,
    );
  else await context.out(`${text}\n${text}\n;; no servers could be reached\n\n`);
  return context.name === "dig" ? 9 : 1;
}

export const connectors: readonly Program[] = [
  { names: ["ping", "ping4", "ping6"], run: ping },
  { names: ["nc", "nc.openbsd", "netcat", "nc.traditional", "ncat"], run: nc },
  { names: ["telnet", "inetutils-telnet", "telnet.netkit"], run: telnet },
  { names: ["ssh", "slogin"], run: ssh },
  { names: ["scp"], run: scp },
  { names: ["git"], run: git },
  { names: ["nslookup", "dig", "host"], run: nslookup },
];
