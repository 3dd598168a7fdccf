import { secretFields } from "#events/credentials.ts";
import type { AuthVerdict } from "#machine/contract.ts";
import type { ConnectionLog } from "../contract.ts";
import { textOf } from "../runtime/fields.ts";
import type { TelnetEvents } from "./events.ts";
import { gateWord } from "./gate-words.ts";
import { LineReader } from "./line-reader.ts";
import type { LoginTexts } from "./personality.ts";

/** Typed ahead while a password is being checked. */
const MAX_AHEAD = 65_536;
const EMPTY_NAMES = 3;

export interface LoginDeps {
  readonly log: ConnectionLog<TelnetEvents>;
  readonly texts: LoginTexts;
  readonly hostname: string;
  readonly write: (text: Buffer) => void;
  readonly authenticate: (user: string, password: Buffer) => AuthVerdict;
  readonly pause: (ms: number) => Promise<void>;
  /** Somebody is in; `ahead` is what was typed meanwhile. */
  readonly onSuccess: (user: string, ahead: Buffer) => void;
  readonly onEnd: () => void;
}

/** login(1): names and passwords until one pair fits or the tries are used up. */
export class LoginDialogue {
  readonly #deps: LoginDeps;
  readonly #reader: LineReader;
  #ahead: Buffer = Buffer.alloc(0);
  #state: "name" | "password" | "checking" | "over" = "over";
  #user: Buffer = Buffer.alloc(0);
  #attempts = 0;
  #failures = 0;
  #emptyNames = 0;
  #inputEnded = false;

  constructor(deps: LoginDeps) {
    this.#deps = deps;
    this.#reader = new LineReader(deps.write);
  }

  start(): void {
    this.#askName();
  }

  take(bytes: Buffer): void {
    if (this.#ahead.length < MAX_AHEAD) this.#ahead = Buffer.concat([this.#ahead, bytes]);
    this.#read();
  }

  /** The client sends no more; what it sent already is still answered. */
  endInput(): void {
    this.#inputEnded = true;
    this.#read();
  }

  #read(): void {
    while ((this.#state === "name" || this.#state === "password") && this.#ahead.length > 0) {
      const { used, line, eof } = this.#reader.take(this.#ahead);
      this.#ahead = this.#ahead.subarray(used);
      if (eof === true) {
        this.#end();
        return;
      }
      if (line === undefined) break;
      if (this.#state === "name") this.#onName(line);
      else void this.#onPassword(line);
    }
    if (this.#inputEnded && (this.#state === "name" || this.#state === "password")) this.#end();
  }

  #say(text: string): void {
    this.#deps.write(Buffer.from(text));
  }

  #askName(): void {
    this.#state = "name";
    this.#say(`${this.#deps.hostname} login: `);
    this.#reader.begin("on");
    this.#read();
  }

  #onName(line: Buffer): void {
    if (line.length === 0) {
      this.#emptyNames += 1;
      if (this.#emptyNames > EMPTY_NAMES) this.#end();
      else this.#askName();
      return;
    }
    this.#user = line;
    this.#state = "password";
    this.#say("Password: ");
    this.#reader.begin("off");
  }

  async #onPassword(password: Buffer): Promise<void> {
    this.#state = "checking";
    this.#say("\r\n");
    if (this.#isNoise(this.#user, password)) {
      await this.#refuse();
      return;
    }
    this.#attempts += 1;
    const { text: user, base64 } = textOf(this.#user);
    const { accepted } = this.#deps.authenticate(user, password);
    this.#deps.log.emit("auth_attempt", {
      username: user,
      principal: user,
      username_b64: base64,
      ...secretFields(password),
      method: "password",
      outcome: accepted ? "success" : "failure",
      attempt: this.#attempts,
    });
    if (!accepted) {
      await this.#refuse();
      return;
    }
    await this.#deps.pause(40 + Math.random() * 50);
    this.#state = "over";
    this.#deps.onSuccess(user, this.#ahead);
  }

  /** A loader that does not wait: both lines are its words, or the first is. */
  #isNoise(name: Buffer, password: Buffer): boolean {
    const user = textOf(name).text;
    const secret = textOf(password).text;
    const first = gateWord(user);
    if (first === undefined) return false;
    const second = gateWord(secret);
    this.#deps.log.emit("login_noise", { text: user, decoded: first });
    if (second !== undefined) this.#deps.log.emit("login_noise", { text: secret, decoded: second });
    return second !== undefined || secret === "";
  }

  async #refuse(): Promise<void> {
    this.#failures += 1;
    const { texts } = this.#deps;
    await this.#deps.pause(texts.failureMs());
    this.#say(texts.incorrect);
    if (this.#failures < texts.tries) {
      this.#askName();
      return;
    }
    this.#say(texts.tooMany);
    this.#end();
  }

  #end(): void {
    this.#state = "over";
    this.#deps.onEnd();
  }
}
