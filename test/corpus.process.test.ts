import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Client, type ClientChannel } from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_PASSWORD, type Product, query, root, startProduct, waitFor } from "./harness.ts";

/** What attackers typed, in the order in which they typed it. */
const corpus = readFileSync(join(root, "src/machine/commands/fixtures/attacker-commands.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("# "));

/** Programs that a stock Debian 12 server does not have either. */
const ABSENT = new Set(["tftp", "ftpget", "nvidia-smi"]);
/** What dash has not, into which the corpus goes by its second line. */
const ABSENT_FROM_DASH = new Set([...ABSENT, "history"]);

/** Words that only a fault of ours can say; outputs of program files are looked at by nobody. */
const OWN_FAULTS =
  /pretend program|\bundefined\b|\[object |\bNaN\b|\.ts:\d+|\b(Type|Range|Reference|Syntax)Error\b|node:internal|just-bash|decnet|honeypot/;
const SHOWS_BINARY = /proc\/self\/exe|cat \/bin\//;

/** How long a line may take before its attacker loses patience; fetches wait for minutes. */
const PATIENCE_MS = 1_500;

interface Answer {
  readonly line: string;
  readonly text: string;
}

function notFound(answers: readonly Answer[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { text } of answers)
    for (const [, name = ""] of text.matchAll(/([\w./+-]+): (?:command )?not found/g)) names.add(name);
  // `busybox X` says "X: applet not found", which is another thing.
  return names;
}

const faults = (answers: readonly Answer[]): readonly Answer[] =>
  answers.filter(({ line, text }) => !SHOWS_BINARY.test(line) && OWN_FAULTS.test(text));

let product: Product;

beforeAll(async () => {
  product = await startProduct();
});
afterAll(async () => {
  await product[Symbol.asyncDispose]();
});

/** Logs in from an address of its own: every attacker has a world of its own. */
async function login(localAddress: string): Promise<Client> {
  const { user, password } = product.pair("ssh");
  const client = new Client();
  client.connect({ localAddress, host: "127.0.0.1", port: product.port("ssh"), username: user, password });
  await once(client, "ready");
  return client;
}

async function runOne(client: Client, line: string): Promise<Answer & { readonly code: number | undefined }> {
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(line, (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
  });
  let text = "";
  let code: number | undefined;
  channel.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  channel.stderr.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  channel.on("exit", (status: number | null) => {
    code = status ?? undefined;
  });
  channel.end();
  const timer = setTimeout(() => channel.close(), PATIENCE_MS);
  await once(channel, "close");
  clearTimeout(timer);
  return { line, text, code };
}

interface Line {
  readonly write: (text: string) => void;
  readonly onText: (listener: (text: string) => void) => void;
  readonly closed: Promise<unknown>;
}

/** Types like somebody who waits for the prompt, and gives up on what does not end. */
class Typist {
  readonly #line: Line;
  #text = "";
  #changed = Date.now();

  constructor(line: Line) {
    this.#line = line;
    line.onText((text) => {
      this.#text += text;
      this.#changed = Date.now();
    });
  }

  async until(pattern: RegExp, ms = 10_000): Promise<string> {
    return waitFor(
      () =>
        pattern.test(this.#text.slice(-300)) && Date.now() - this.#changed > 40 ? this.#text : undefined,
      ms,
      () => `no ${String(pattern)} after: ${this.#text.slice(-500)}`,
    );
  }

  async prompt(): Promise<string> {
    try {
      return await this.until(/[#$] $/, PATIENCE_MS);
    } catch {
      this.#line.write("\u0003");
      return this.until(/[#$] $/);
    }
  }

  async type(line: string): Promise<Answer> {
    this.#text = "";
    this.#line.write(`${line}\r`);
    return { line, text: await this.prompt() };
  }

  /** Leaves every shell it is in. */
  async leave(): Promise<void> {
    let over = false;
    void this.#line.closed.then(() => {
      over = true;
    });
    for (let depth = 0; depth < 6 && !over; depth += 1) {
      this.#line.write("exit\r");
      await Promise.race([this.#line.closed, new Promise((resolve) => setTimeout(resolve, 400))]);
    }
    await this.#line.closed;
  }
}

interface Told {
  readonly event_type: string;
  readonly sid: string;
  readonly fields: string;
}

/** Everything the store holds of one attacker's sessions, once every one of them is over. */
async function toldOf(ip: string): Promise<readonly Told[]> {
  const rows = () =>
    query<Told>(
      product.dataDir,
      "SELECT event_type, sid, fields FROM events WHERE attacker_ip = ? AND sid IS NOT NULL ORDER BY seq",
      ip,
    );
  const count = (list: readonly Told[], type: string) =>
    list.filter((each) => each.event_type === type).length;
  return waitFor(
    () => {
      const list = rows();
      const started = count(list, "session_started");
      return started > 0 && started <= count(list, "session_recorded") ? list : undefined;
    },
    20_000,
    () => {
      const list = rows();
      const ended = new Set(
        list.filter((each) => each.event_type === "session_recorded").map(({ sid }) => sid),
      );
      const open = list.filter((each) => each.event_type === "command" && !ended.has(each.sid));
      return `sessions that never ended: ${JSON.stringify(open.map((each) => fieldOf(each, "cmd")))}`;
    },
  );
}

const fieldOf = (told: Told, name: string): string =>
  (JSON.parse(told.fields) as Record<string, string>)[name] ?? "";

/**
 * Commands that were typed, without those that a script of theirs ran: by session, then by their number
 * (a line that starts a shell is told when it has run for a second, after the lines typed into that shell).
 */
const commands = (told: readonly Told[]): readonly string[] =>
  told
    .filter((each) => each.event_type === "command" && fieldOf(each, "parent") === "")
    .toSorted((a, b) => Number(fieldOf(a, "n")) - Number(fieldOf(b, "n")))
    .map((each) => fieldOf(each, "cmd"));

function expectOneEndEach(told: readonly Told[]): void {
  const started = told.filter((each) => each.event_type === "session_started").map(({ sid }) => sid);
  const ended = told.filter((each) => each.event_type === "session_recorded").map(({ sid }) => sid);
  expect(started.length).toBeGreaterThan(0);
  expect(ended.toSorted()).toEqual(started.toSorted());
}

const NEW_PASSWORD = "another long enough password";
let token: string | undefined;

/** The first password is only good for choosing another. */
async function logInToApi(base: string): Promise<string> {
  const post = (path: string, body: object, bearer?: string): Promise<Response> =>
    fetch(`${base}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
    });
  const tokenFor = async (password: string): Promise<string> => {
    const response = await post("/auth/login", { username: "admin", password, grant: "token" });
    expect(response.status).toBe(200);
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const first = await tokenFor(ADMIN_PASSWORD);
  const passwords = { old_password: ADMIN_PASSWORD, new_password: NEW_PASSWORD };
  expect((await post("/auth/change-password", passwords, first)).status).toBe(200);
  return tokenFor(NEW_PASSWORD);
}

async function api(path: string): Promise<Response> {
  const base = `${product.ready.url}/api/v1`;
  token ??= await logInToApi(base);
  return fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

/** The recording of the session as the dashboard reads it. */
async function recordingOf(sid: string): Promise<string> {
  const [session] = query<{ decky: string }>(product.dataDir, "SELECT decky FROM events WHERE sid = ?", sid);
  const text = await waitFor(async () => {
    const response = await api(`/transcripts/${session?.decky}/${sid}/cast`);
    return response.status === 200 ? await response.text() : undefined;
  }, 15_000);
  const [header = "", ...events] = text.trimEnd().split("\n");
  expect(JSON.parse(header)).toMatchObject({ version: 2 });
  return events.map((line) => (JSON.parse(line) as [number, string, string])[2]).join("");
}

describe("every line that attackers typed", () => {
  test("as commands on channels of one connection", async () => {
    expect(corpus.length).toBeGreaterThan(30);
    const client = await login("127.0.0.11");
    const answers: Answer[] = [];
    const waiting = corpus.values();
    const work = async (): Promise<void> => {
      for (const line of waiting) answers.push(await runOne(client, line));
    };
    await Promise.all([work(), work(), work(), work(), work(), work()]);
    client.end();
    expect(answers).toHaveLength(corpus.length);
    expect([...notFound(answers)].filter((name) => !ABSENT.has(name))).toEqual([]);
    expect(faults(answers)).toEqual([]);

    const told = await toldOf("127.0.0.11");
    expectOneEndEach(told);
    // `scp -t` is a transfer, not a line of the shell, but is told as one.
    expect(commands(told).toSorted()).toEqual(corpus.toSorted());
    const sid = told.find((each) => fieldOf(each, "cmd") === "echo SHELL_TEST")?.sid ?? "";
    expect(await recordingOf(sid)).toContain("SHELL_TEST");
  });

  test("typed into one ssh terminal", async () => {
    const client = await login("127.0.0.12");
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      client.shell({ term: "xterm-256color", cols: 200, rows: 50 }, (error, opened) =>
        error === undefined ? resolve(opened) : reject(error),
      );
    });
    const typist = new Typist({
      write: (text) => void channel.write(text),
      onText: (listener) => void channel.on("data", (bytes: Buffer) => listener(bytes.toString("latin1"))),
      closed: once(channel, "close"),
    });
    const greeting = await typist.until(/# $/);
    expect(greeting).not.toMatch(/not found|syntax error|No such file/);
    const answers: Answer[] = [];
    for (const line of corpus) answers.push(await typist.type(line));
    await typist.leave();
    client.end();
    await expectTyped("127.0.0.12", answers);
  });

  test("typed into one telnet connection", async () => {
    const { user, password } = product.pair("telnet");
    const socket = connect({ host: "127.0.0.1", port: product.port("telnet"), localAddress: "127.0.0.13" });
    const typist = new Typist({
      write: (text) => void socket.write(text.replaceAll("\r", "\r\n"), "utf8"),
      onText: (listener) => void socket.on("data", (bytes: Buffer) => listener(bytes.toString("latin1"))),
      closed: once(socket, "close"),
    });
    await typist.until(/login: $/);
    socket.write(`${user}\r\n`);
    await typist.until(/Password: $/);
    socket.write(`${password}\r\n`);
    const greeting = await typist.until(/# $/);
    expect(greeting).not.toMatch(/not found|syntax error|No such file/);
    const answers: Answer[] = [];
    for (const line of corpus) answers.push(await typist.type(line));
    await typist.leave();
    socket.destroy();
    await expectTyped("127.0.0.13", answers);
  });
});

/** Answers by which other decoys were recognised, and what a Debian 12 says: [typed, what it must look like]. */
const TELLS: readonly (readonly [line: string, answer: RegExp])[] = [
  ["echo a | sed 's/a/b/' | tr b c | rev", /^c\n$/],
  ["df -h | head -1; mount | head -1", /^Filesystem +Size +Used Avail Use% Mounted on\n\S+ on \/\S* type /],
  ["cat /proc/loadavg /proc/uptime", /^\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+\/\d+ \d+\n\d+\.\d\d \d+\.\d\d\n$/],
  ["cat /proc/self/cmdline | tr '\\0' ' '", /^cat \/proc\/self\/cmdline $/],
  ["grep ^ID= /etc/os-release", /^ID=debian\n$/],
  ["head -1 /proc/net/arp; wc -l < /etc/crontab; tail -1 /var/log/auth.log", /^IP address.*\n\d+\n\d{4}-/],
  ["seq 5 | head -3 | tail -1", /^3\n$/],
  ["grep -r root /etc/passwd", /^root:x:0:0:/],
  ["awk -F: 'NR==1{print $1,$3;}' /etc/passwd", /^root 0\n$/],
  ["printf 'a\\na\\nb\\n' | uniq -c", /^ +2 a\n +1 b\n$/],
  ["free -m|grep Mem|awk '{print $2 ,$3, $4}'", /^\d+ \d+ \d+\n$/],
  ["ls -lh $(which ls)", /^-rwxr-xr-x 1 root root \d+K \w{3} +\d+ .* \/usr\/bin\/ls\n$/],
  ["for i in $(echo a b c); do echo $i; done", /^a\nb\nc\n$/],
  ["lscpu | grep Model", /Model name: +\S+[^]*Model: +\d+/],
  ["i=1; i=$((i+1)); echo $((6*7)) $i", /^42 2\n$/],
  ["p=/a/b; r='x (deleted)'; echo ${p##*/} ${r%(deleted)}", /^b x\n$/],
  ["cat <<EOF\nbody\nEOF\ncat <<< word", /^body\nword\n$/],
  ["sleep 0.1 & echo x; wait", /^x\n$/],
  ["ls /etc/pass*; ls -d /proc/[0-9]* | wc -l", /^\/etc\/passwd\n\/etc\/passwd-\n[1-9]\d+\n$/],
  ["echo $$ $RANDOM $PWD $0", /^\d+ \d+ \/root bash\n$/],
  ["hostname -I; hostname", /^\d+\.\d+\.\d+\.\d+ \n(?!-I)\S+\n$/],
  [
    "rm /nonexistent; echo $?; touch /proc/x; echo $?",
    /No such file or directory\n1\n.*touch.*\n1\n|^1\n1\n/,
  ],
  ["/tmp; echo $?; cd /tmp; echo hi>f; ./f; echo $?", /126[^]*126/],
  ["[ $(cat /proc/self/exe | wc -c) = $(stat -c %s /usr/bin/cat) ] && echo same", /^same\n$/],
  [
    "dd if=/proc/self/exe bs=22 count=1 2>&1 >/dev/null | tail -1",
    /^22 bytes copied, \d.* s, \d.* [kM]?B\/s\n$/,
  ],
  ["cd /tmp; cp /bin/busybox .x; ./.x NOPE; echo $?", /NOPE: applet not found[^]*127|127/],
  ["busybox | head -1", /^BusyBox v1\.35\.0 \(Debian /],
  ['test "$(hostname)" = "$(awk \'$1=="127.0.1.1"{print $NF}\' /etc/hosts)" && echo equal', /^equal\n$/],
  ["(crontab -l 2>/dev/null; echo '@daily /tmp/l') | crontab -; crontab -l", /^@daily \/tmp\/l\n$/],
  ["su - root -c 'env | grep -c ^SSH_; echo $PATH'; bash -lc 'echo in'", /^0\n\/usr\/local\/sbin:\S+\nin\n$/],
  [
    "grep State: /proc/self/status; awk --version",
    /^State:\tR \(running\)\nawk: not an option: --version\n$/,
  ],
  ["lastb | tail -1; last | head -1", /^btmp begins .*\n\S+ +pts\/\d/],
  ["ls -l /etc/debian_version", / \w{3} +\d+ +(\d{4}|\d\d:\d\d) /],
];

test("the answers that gave other decoys away", async () => {
  const client = await login("127.0.0.14");
  const wrong: unknown[] = [];
  for (const [line, answer] of TELLS) {
    const { text } = await runOne(client, line);
    if (!answer.test(text)) wrong.push({ line, text: text.slice(0, 300) });
  }
  client.end();
  expect(TELLS.length).toBeGreaterThan(25);
  expect(wrong).toEqual([]);
});

async function opens(localAddress: string, username: string, password: string): Promise<boolean> {
  const client = new Client();
  client.connect({ localAddress, host: "127.0.0.1", port: product.port("ssh"), username, password });
  const outcome = await Promise.race([
    once(client, "ready").then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => client.once("error", () => resolve(false))),
  ]);
  client.end();
  return outcome;
}

test("only the accepted pair opens, before and after a restart; pairs of decoy hunters never do", async () => {
  const { user, password } = product.pair("ssh");
  const refused = [
    [user, `${password}x`],
    [user, "345gs5662d34"],
    ["345gs5662d34", "345gs5662d34"],
    ["charles", "charles"],
    [user, ""],
  ] as const;
  const ask = async (): Promise<readonly boolean[]> =>
    Promise.all(refused.map(([name, secret]) => opens("127.0.0.15", name, secret)));
  expect(await opens("127.0.0.15", user, password)).toBe(true);
  expect(await ask()).toEqual(refused.map(() => false));
  const { dataDir } = product;
  await product.stop();
  product = await startProduct({ dataDir });
  expect(product.pair("ssh")).toEqual({ user, password });
  expect(await opens("127.0.0.15", user, password)).toBe(true);
  expect(await ask()).toEqual(refused.map(() => false));
}, 90_000);

async function expectTyped(ip: string, answers: readonly Answer[]): Promise<void> {
  expect([...notFound(answers)].filter((name) => !ABSENT_FROM_DASH.has(name) && !name.includes("/"))).toEqual(
    [],
  );
  expect(faults(answers)).toEqual([]);
  const told = await toldOf(ip);
  expectOneEndEach(told);
  const typed = commands(told).filter((line) => line !== "exit");
  expect(typed).toEqual(corpus);
  const recorded = await recordingOf(told[0]?.sid ?? "");
  expect(recorded).toContain("echo SHELL_TEST");
  expect(recorded).toContain("GOTCHA");
}
