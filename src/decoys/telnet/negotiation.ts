import { DO, DONT, IAC, SB, SE, type TelnetItem, WILL, WONT } from "./codec.ts";
import { OPTION, type Personality } from "./personality.ts";

/** Steps of the client's negotiation that `telnet_options` tells. */
const MAX_STEPS = 64;

const verbs: Readonly<Record<number, string>> = {
  [DO]: "DO",
  [DONT]: "DONT",
  [WILL]: "WILL",
  [WONT]: "WONT",
};

const optionNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(OPTION).map(([name, value]) => [value, name]),
);

type OptionItem = Extract<TelnetItem, { kind: "option" }>;

/**
 * The daemon's side of option negotiation (RFC 855): what it asks for, what it grants, and what it learns.
 * Answers only when a state changes, so two machines that agree never loop.
 */
export class Negotiation {
  readonly #personality: Personality;
  readonly #send: (bytes: Buffer) => void;
  readonly #steps: string[] = [];
  /** Options the peer performs, or was asked to. */
  readonly #his = new Map<number, "asked" | "on">();
  readonly #mine = new Map<number, "offered" | "on">();
  readonly #unanswered = new Set<number>();
  terminalType: string | undefined;
  size: { readonly columns: number; readonly rows: number } | undefined;

  constructor(personality: Personality, send: (bytes: Buffer) => void) {
    this.#personality = personality;
    this.#send = send;
  }

  /** What the client did, in order, for the log. */
  get sequence(): string {
    return this.#steps.join(" ");
  }

  /** True when every option asked for in `ask` has been answered. */
  get isSettled(): boolean {
    return this.#unanswered.size === 0;
  }

  /** Sends one burst of requests in the daemon's order. */
  ask(requests: readonly (readonly [number, number])[]): void {
    const bytes: number[] = [];
    for (const [verb, option] of requests) {
      if (verb === DO) {
        if (this.#his.has(option)) continue;
        this.#his.set(option, "asked");
        this.#unanswered.add(option);
      } else this.#mine.set(option, "offered");
      bytes.push(IAC, verb, option);
    }
    if (bytes.length > 0) this.#send(Buffer.from(bytes));
  }

  onOption(item: OptionItem): void {
    this.#note(`${verbs[item.verb]} ${optionNames[item.option] ?? item.option}`);
    if (item.verb === WILL || item.verb === WONT) this.#onHis(item.verb === WILL, item.option);
    else this.#onMine(item.verb === DO, item.option);
  }

  onSub(option: number, bytes: Buffer): void {
    this.#note(`SB ${optionNames[option] ?? option}`);
    if (option === OPTION.TTYPE && bytes[0] === 0) {
      const name = bytes.toString("latin1", 1).toLowerCase();
      this.terminalType ??= /^[a-z0-9][a-z0-9._+-]{0,40}$/.test(name) ? name : undefined;
      this.#unanswered.delete(-OPTION.TTYPE);
    }
    if (option === OPTION.NAWS && bytes.length >= 4) {
      const [columns, rows] = [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
      this.size = { columns: Math.min(columns, 1_000) || 80, rows: Math.min(rows, 1_000) || 24 };
    }
  }

  #note(step: string): void {
    if (this.#steps.length < MAX_STEPS) this.#steps.push(step);
  }

  #onHis(will: boolean, option: number): void {
    const state = this.#his.get(option);
    this.#unanswered.delete(option);
    if (will && state === "on") return;
    if (!will) {
      if (state === "on") this.#reply(DONT, option);
      this.#his.delete(option);
      return;
    }
    if (state === undefined && !this.#personality.wants.has(option)) {
      if (this.#personality.refuses) this.#reply(DONT, option);
      return;
    }
    if (state === undefined) this.#reply(DO, option);
    this.#his.set(option, "on");
    if (this.#personality.queries.has(option)) this.#query(option);
  }

  /** Asks for the value behind an option; only the terminal type is waited for. */
  #query(option: number): void {
    this.#send(Buffer.from([IAC, SB, option, 1, IAC, SE]));
    if (option === OPTION.TTYPE) this.#unanswered.add(-OPTION.TTYPE);
  }

  #onMine(please: boolean, option: number): void {
    const state = this.#mine.get(option);
    if (please && state !== undefined) {
      this.#mine.set(option, "on");
      return;
    }
    if (!please) {
      if (state === "on") this.#reply(WONT, option);
      this.#mine.delete(option);
      return;
    }
    if (!this.#personality.grants.has(option)) {
      if (this.#personality.refuses) this.#reply(WONT, option);
      return;
    }
    this.#reply(WILL, option);
    // A timing mark is answered each time it is asked for (RFC 860).
    if (option !== OPTION.TM) this.#mine.set(option, "on");
  }

  #reply(verb: number, option: number): void {
    this.#send(Buffer.from([IAC, verb, option]));
  }
}
