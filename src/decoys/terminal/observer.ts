import type * as z from "zod";
import { secretFields } from "#events/credentials.ts";
import { captureMethods, type sessionEvents } from "#events/session-events.ts";
import type { ShellObserver } from "#machine/contract.ts";
import type { ConnectionLog, Quarantine } from "../contract.ts";
import { mimeOf } from "./mime.ts";

/** Longest command kept in an event; the whole of a longer one goes to quarantine. */
const COMMAND_BYTES = 8_192;
const INPUT_BYTES = 4_096;

export type SessionEvents = typeof sessionEvents;
export interface SessionFacts {
  readonly sid: string;
  readonly user: string;
  readonly ip: string;
  readonly channel: string;
}

export interface ObserverDeps {
  readonly log: ConnectionLog<SessionEvents>;
  readonly quarantine: Quarantine;
  readonly facts: SessionFacts;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Capture {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly method: string;
  readonly mode: number;
  readonly writer: string;
  readonly n?: number;
  readonly mtime?: number;
}

type CaptureMethod = (typeof captureMethods)[number];

const methodOf = (name: string): CaptureMethod => captureMethods.find((method) => method === name) ?? "shell";

/** The parts of a URL as far as they can be told; attackers write many that are none. */
function urlParts(url: string): { scheme: string; host: string; port?: number; path?: string } {
  const match =
    /^(?:([a-z][a-z0-9+.-]{0,15}):\/\/)?(?:[^/@\s]*@)?(\[[0-9a-f:.]+\]|[^/:?#\s]+)(?::(\d{1,5}))?([/?#].*)?$/i.exec(
      url,
    );
  const [, scheme = "", host = "", port, path] = match ?? [];
  const number = port === undefined ? undefined : Number(port);
  return {
    scheme: scheme.toLowerCase(),
    host: host.replaceAll(/[[\]]/g, ""),
    ...(number === undefined || number > 65_535 ? {} : { port: number }),
    ...(path === undefined ? {} : { path }),
  };
}

/** Turns what a shell tells into the events of its session, and counts them. */
export class SessionObserver implements ShellObserver {
  readonly #deps: ObserverDeps;
  readonly #lines = new Map<number, string>();
  commands = 0;
  files = 0;
  #silent = false;

  constructor(deps: ObserverDeps) {
    this.#deps = deps;
  }

  /** After the session's end nothing is told any more. */
  silence(): void {
    this.#silent = true;
  }

  get #log(): ConnectionLog<SessionEvents> | undefined {
    return this.#silent ? undefined : this.#deps.log;
  }

  command(event: Parameters<ShellObserver["command"]>[0]): void {
    if (event.parent === undefined) {
      this.commands += 1;
      this.#remember(event.n, event.cmd);
    }
    const storedAs = this.#storeLong(event.cmd);
    this.#log?.emit("command", {
      n: event.n,
      cmd: event.cmd,
      cmd_stored_as: storedAs,
      uid: event.uid,
      user: event.user,
      cwd: event.cwd,
      tty: event.tty ? 1 : 0,
      channel: this.#deps.facts.channel,
      exit_code: event.exitCode,
      duration_ms: Math.round(event.durationMs),
      known: event.known,
      parent: event.parent,
    });
  }

  /** Command lines of the last 64 commands, to say which one wrote a file. */
  #remember(n: number, cmd: string): void {
    this.#lines.set(n, cmd.slice(0, 1_024));
    if (this.#lines.size <= 64) return;
    const oldest = this.#lines.keys().next().value;
    if (oldest !== undefined) this.#lines.delete(oldest);
  }

  #storeLong(cmd: string): string | undefined {
    if (cmd.length * 3 <= COMMAND_BYTES || Buffer.byteLength(cmd) <= COMMAND_BYTES) return undefined;
    const { sid, ip } = this.#deps.facts;
    const kept = this.#deps.quarantine.save(Buffer.from(cmd), "command.txt", { sid, ip });
    return "storedAs" in kept ? kept.storedAs : undefined;
  }

  commandEnded(event: Parameters<ShellObserver["commandEnded"]>[0]): void {
    this.#log?.emit("command_ended", {
      n: event.n,
      exit_code: event.exitCode,
      duration_ms: Math.round(event.durationMs),
      bytes_out: event.bytesOut,
    });
  }

  shellInput(event: Parameters<ShellObserver["shellInput"]>[0]): void {
    const { secret_b64, secret_printable } = secretFields(Buffer.from(event.text));
    this.#log?.emit("shell_input", {
      reader: event.reader,
      prompt: event.prompt,
      text: event.secret ? "" : event.text.slice(0, INPUT_BYTES),
      ...(event.secret ? { secret_b64, secret_printable } : {}),
    });
  }

  downloadAttempt(event: Parameters<ShellObserver["downloadAttempt"]>[0]): void {
    this.#log?.emit("download_attempt", {
      url: event.url,
      ...urlParts(event.url),
      tool: event.tool,
      user_agent: event.userAgent,
      out: event.out,
      direction: "in",
      result: event.result,
      cmd_n: event.n,
    });
  }

  urlSeen(event: Parameters<ShellObserver["urlSeen"]>[0]): void {
    this.#log?.emit("url_seen", { url: event.url, cmd_n: event.n });
  }

  lateralAttempt(event: Parameters<ShellObserver["lateralAttempt"]>[0]): void {
    this.#log?.emit("lateral_attempt", {
      tool: event.tool,
      dst_host: event.host,
      dst_port: event.port,
      user: event.user,
    });
  }

  machineChange(event: Parameters<ShellObserver["machineChange"]>[0]): void {
    this.#log?.emit("machine_change", {
      kind: event.kind as z.input<SessionEvents["machine_change"]>["kind"],
      path: event.path,
      detail: event.detail,
    });
  }

  fileCaptured(event: Capture): void {
    const { sid, ip, user } = this.#deps.facts;
    const kept = this.#deps.quarantine.save(event.bytes, event.path, { sid, ip });
    if ("skipped" in kept) {
      this.#log?.emit(
        "file_skipped",
        { orig_path: event.path, size: kept.size, reason: kept.skipped },
        "warning",
      );
      return;
    }
    this.files += 1;
    const meta = {
      captured_at: new Date(this.#deps.now()).toISOString(),
      ...(event.n === undefined ? {} : { command: this.#lines.get(event.n) }),
    };
    this.#log?.emit("file_captured", {
      stored_as: kept.storedAs,
      sha256: kept.sha256,
      size: kept.size,
      orig_path: event.path,
      method: methodOf(event.method),
      mime: mimeOf(event.bytes),
      mode: (event.mode & 0o7777).toString(8).padStart(4, "0"),
      mtime: event.mtime,
      ssh_user: user,
      attribution: "session",
      writer_comm: event.writer.slice(0, 64),
      meta_json_b64: Buffer.from(JSON.stringify(meta)).toString("base64"),
    });
  }
}
