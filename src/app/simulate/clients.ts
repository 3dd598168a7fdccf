import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { Client, type ClientChannel } from "ssh2";
import type { Target, Visit } from "./contract.ts";

const CONNECT_MS = 10_000;
const ANSWER_MS = 15_000;
/** Bytes of an answer kept while waiting for a prompt. */
const WINDOW = 16_384;

export interface SshLogin {
  readonly user: string;
  readonly password: string;
  readonly ident?: string;
}

/** Logs in by password. @returns the client, or undefined when the pair was refused */
export async function sshLogin(visit: Visit, login: SshLogin): Promise<Client | undefined> {
  const client = new Client();
  const settled = Promise.withResolvers<boolean>();
  client.once("ready", () => settled.resolve(true));
  client.once("error", () => settled.resolve(false));
  client.once("close", () => settled.resolve(false));
  const socket = dial(visit.target, visit.from);
  client.connect({
    sock: socket,
    username: login.user,
    password: login.password,
    readyTimeout: CONNECT_MS,
    ...(login.ident === undefined ? {} : { ident: login.ident }),
  });
  if (await settled.promise) {
    client.on("error", () => {});
    return client;
  }
  client.destroy();
  return undefined;
}

/** Runs one command without a terminal. */
export async function sshExec(client: Client, command: string): Promise<string> {
  const answer = Promise.withResolvers<string>();
  client.exec(command, (error, channel) => {
    if (error !== undefined) return answer.resolve("");
    let text = "";
    const keep = (chunk: Buffer): void => {
      text = (text + chunk.toString("utf8")).slice(-WINDOW);
    };
    channel.on("data", keep).stderr.on("data", keep);
    channel.once("close", () => answer.resolve(text));
  });
  return withDeadline(answer.promise, ANSWER_MS, "");
}

/** A terminal on which one types and waits for the prompt. */
export interface Typist {
  /** Types a line key by key, then waits until the other side is quiet. */
  line(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function sshTerminal(client: Client, visit: Visit): Promise<Typist> {
  const opened = Promise.withResolvers<ClientChannel | undefined>();
  client.shell({ term: "xterm-256color", cols: 120, rows: 32 }, (error, channel) =>
    opened.resolve(error === undefined ? channel : undefined),
  );
  const channel = await withDeadline(opened.promise, ANSWER_MS, undefined);
  const quiet = channel === undefined ? async () => {} : quietness(channel);
  await quiet();
  return {
    async line(text) {
      if (channel === undefined || channel.closed) return;
      for (const key of text) {
        channel.write(key);
        await visit.pause(visit.dice.integer(15, 90));
      }
      channel.write("\r");
      await quiet();
    },
    async close() {
      channel?.end();
      client.end();
      await withDeadline(once(client, "close"), 2_000, []);
    },
  };
}

/** A telnet visit that answers the login dialogue and then types lines. */
export async function telnetLogin(visit: Visit, user: string, password: string): Promise<Typist> {
  const socket = dial(visit.target, visit.from);
  const quiet = quietness(socket);
  const say = async (text: string): Promise<void> => {
    if (socket.writable) socket.write(`${text}\r\n`);
    await quiet();
  };
  await quiet();
  await say(user);
  await say(password);
  return {
    line: say,
    async close() {
      socket.end();
      if (!socket.closed) await withDeadline(once(socket, "close"), 2_000, []);
      socket.destroy();
    },
  };
}

/** One HTTP request. @returns the status, or 0 when there was no answer */
export async function fetchPath(
  visit: Visit,
  options: { readonly method: string; readonly path: string; readonly agent: string; readonly form?: string },
): Promise<number> {
  const { target, from } = visit;
  const status = Promise.withResolvers<number>();
  const ask = target.slug === "https" ? httpsRequest : httpRequest;
  const request = ask(
    {
      host: target.host,
      port: target.port,
      localAddress: from,
      rejectUnauthorized: false,
      method: options.method,
      path: encodeURI(options.path).replaceAll("%25", "%"),
      timeout: ANSWER_MS,
      agent: false,
      headers: {
        "user-agent": options.agent,
        ...(options.form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
    },
    (response) => {
      response.resume().once("close", () => status.resolve(response.statusCode ?? 0));
    },
  );
  request.on("error", () => status.resolve(0)).on("timeout", () => request.destroy());
  request.end(options.form);
  return status.promise;
}

function dial(target: Target, localAddress: string): Socket {
  const socket = connect({ host: target.host, port: target.port, localAddress });
  socket.on("error", () => socket.destroy());
  socket.setTimeout(60_000, () => socket.destroy());
  return socket;
}

/** Resolves when nothing has come for a moment: the way a script waits for a prompt. */
function quietness(stream: NodeJS.ReadableStream): () => Promise<void> {
  let last = Date.now();
  let open = true;
  stream.on("data", () => {
    last = Date.now();
  });
  stream.once("close", () => {
    open = false;
  });
  return async () => {
    const since = Date.now();
    last = since;
    while (open && Date.now() - since < ANSWER_MS) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (last > since && Date.now() - last > 150) return;
      if (last === since && Date.now() - since > 3_000) return;
    }
  };
}

async function withDeadline<T>(promise: Promise<T>, ms: number, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, late);
  });
  const result = await Promise.race([promise, deadline]);
  clearTimeout(timer);
  return result;
}
