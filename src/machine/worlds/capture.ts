import type { ShellObserver } from "../contract.ts";
import type { Caller, FileAudit } from "../model.ts";
import { hashOf } from "./database.ts";
import type { WorldNode } from "./world-tree.ts";

/** A file that is still being written is looked at when nobody wrote to it for this long. */
const QUIET_MS = 1500;
const MAX_PENDING = 256;
const MAX_FILE = 50 * 1_048_576;
const DETAIL = 2048;

/** Places whose change means more than a file. */
const sensitive: readonly (readonly [RegExp, string])[] = [
  [/\/\.ssh\/authorized_keys2?$/, "authorized_keys"],
  [/^\/etc\/(passwd|group)$/, "user"],
  [/^\/etc\/g?shadow$/, "password"],
  [/^\/etc\/sudoers($|\.d\/)/, "sudoers"],
  [/^\/etc\/(crontab|cron\.[a-z]+\/|anacrontab)|^\/var\/spool\/cron\//, "crontab"],
  [/^\/(etc|usr\/lib|run)\/systemd\/(system|user)\//, "unit"],
  [/^\/etc\/(rc\.local|init\.d\/|rc[0-6S]\.d\/|inittab)/, "rc"],
  [/^\/etc\/(profile|bash\.bashrc|environment)|\/\.(bashrc|profile|bash_profile|bash_login)$/, "profile"],
  [/^\/etc\/hosts(\.allow|\.deny)?$/, "hosts"],
  [/^\/etc\/resolv\.conf$/, "resolver"],
  [/^\/etc\/ld\.so\.preload$/, "preload"],
  [/^\/etc\/modules|^\/etc\/modprobe\.d\/|^\/usr\/lib\/modules\//, "module"],
  [/^\/etc\/(iptables|nftables\.conf|ufw)/, "firewall"],
  [/^\/var\/log\/|\/\.bash_history$|^\/run\/utmp$/, "log_wipe"],
];

const changeKind = (path: string): string | undefined =>
  sensitive.find(([pattern]) => pattern.test(path))?.[1];

interface Pending {
  readonly path: string;
  readonly node: WorldNode;
  readonly audit: FileAudit | undefined;
  readonly before: Uint8Array | undefined;
}

/** Lines of the new text that the old one lacks. */
function addedLines(before: Uint8Array | undefined, after: Uint8Array): string {
  const old = new Set(
    Buffer.from(before ?? new Uint8Array())
      .toString("utf8")
      .split("\n"),
  );
  const text = Buffer.from(after.subarray(0, 262_144)).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "" && !old.has(line))
    .join("\n")
    .slice(0, DETAIL);
}

function announce({ path, audit, before }: Pending, kind: string, bytes: Uint8Array): void {
  const detail = bytes.length === 0 ? "emptied" : addedLines(before, bytes);
  audit?.observer.machineChange({ kind, path, detail });
}

type Captured = Parameters<ShellObserver["fileCaptured"]>[0];

interface CapturerOptions {
  readonly read: (node: WorldNode) => Uint8Array;
  /** True the first time this decky sees that content. */
  readonly isNew: (hash: string) => boolean;
  /** True for a copy of one of the machine's own programs. */
  readonly isOwn: (bytes: Uint8Array) => boolean;
  readonly orphan: (event: Captured) => void;
}

/** Notices files whose content is new, once their writer is done with them. */
export class Capturer implements Disposable {
  readonly #pending = new Map<WorldNode, Pending>();
  readonly #before = new Map<WorldNode | string, Uint8Array>();
  readonly #options: CapturerOptions;
  #timer: NodeJS.Timeout | undefined;
  #lastChange = 0;

  constructor(options: CapturerOptions) {
    this.#options = options;
  }

  changing(node: WorldNode | undefined, path: string, read: () => Uint8Array): void {
    if (changeKind(path) === undefined) return;
    const key = node ?? path;
    if (this.#before.has(key)) return;
    if (this.#before.size >= MAX_PENDING) this.#before.clear();
    this.#before.set(key, Buffer.from(read()));
  }

  changed(node: WorldNode, path: string, caller: Caller): void {
    const known = this.#pending.get(node);
    const before = known?.before ?? this.#before.get(node) ?? this.#before.get(path);
    this.#before.delete(node);
    this.#before.delete(path);
    if (known === undefined && this.#pending.size >= MAX_PENDING) this.settleAll();
    this.#pending.set(node, { path, node, audit: caller.audit ?? known?.audit, before });
    this.#lastChange = performance.now();
    this.#timer ??= setTimeout(() => {
      this.#wake();
    }, QUIET_MS).unref();
  }

  #wake(): void {
    this.#timer = undefined;
    const quiet = performance.now() - this.#lastChange;
    if (quiet >= QUIET_MS - 10) {
      this.settleAll();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#wake();
    }, QUIET_MS - quiet).unref();
  }

  settleAll(): void {
    for (const node of this.#pending.keys()) this.settle(node);
  }

  settle(node: WorldNode): void {
    const one = this.#pending.get(node);
    if (one === undefined) return;
    this.#pending.delete(node);
    node.settled = true;
    if (node.nlink <= 0 || node.data.size > MAX_FILE || node.data.at === "base") return;
    const bytes = this.#options.read(node);
    const kind = changeKind(one.path);
    if (kind !== undefined) announce(one, kind, bytes);
    if (bytes.length === 0 || kind === "log_wipe") return;
    if (this.#options.isOwn(bytes) || !this.#options.isNew(hashOf(bytes))) return;
    this.#report(one, bytes);
  }

  #report({ path, node, audit }: Pending, bytes: Uint8Array): void {
    const event: Captured = {
      path,
      bytes,
      method: audit?.method ?? "service",
      mode: node.attributes.mode,
      writer: audit?.writer ?? "",
      ...(audit?.n === undefined ? {} : { n: audit.n }),
    };
    if (audit === undefined) this.#options.orphan(event);
    else audit.observer.fileCaptured(event);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.settleAll();
  }
}
