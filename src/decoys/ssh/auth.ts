import { randomInt } from "node:crypto";
import { type SecretFields, secretFields } from "#events/credentials.ts";
import type { AuthAttempt, AuthVerdict } from "#machine/contract.ts";
import type { ConnectionLog } from "../contract.ts";
import { textOf } from "../runtime/fields.ts";
import { SshProtocolError } from "./errors.ts";
import type { SshEvents } from "./events.ts";
import { fingerprint, verifySignature } from "./public-key.ts";
import { MSG, message, WireReader, WireWriter } from "./transport/wire.ts";

/** `MaxAuthTries` of the stock configuration. */
const MAX_FAILURES = 6;
/** sshd ends a connection that asks more often, whatever the answers were. */
const MAX_ATTEMPTS = 1_024;
/** `MAX_PASSWORD_LEN`: longer ones fail without being looked at. */
const MAX_PASSWORD = 1_024;
/** Requests that wait behind one that is being answered. */
const MAX_WAITING = 16;
const HOSTBOUND = "publickey-hostbound-v00@openssh.com";

export interface AuthDeps {
  readonly log: ConnectionLog<SshEvents>;
  readonly client: string;
  /** What USERAUTH_FAILURE names; a decoy without passwords leaves it out. */
  readonly methods: readonly string[];
  readonly banner: string | undefined;
  readonly sessionId: () => Buffer;
  readonly authenticate: (attempt: Pick<AuthAttempt, "user" | "secret">) => AuthVerdict;
  readonly send: (payload: Buffer) => void;
  readonly disconnect: (text: string) => void;
  /** Resolves after that time, or never when the connection is gone. */
  readonly pause: (ms: number) => Promise<void>;
  readonly onSuccess: (user: string) => void;
  /** An attempt was answered wrongly by us: it ends the connection. */
  readonly onFailure: (error: unknown) => void;
}

interface Request {
  readonly user: string;
  readonly userBytes: Buffer;
  readonly service: string;
  readonly method: string;
  readonly reader: WireReader;
}

type Answer = "success" | "failure" | "pk_ok";

/** libpam's `_pam_compute_delay` over pam_unix's two seconds: half to one and a half, most near the middle. */
function pamDelay(): number {
  const third = (): number => randomInt(1_000_000) / 1_000_000;
  return 2_000 * (0.5 + (third() + third() + third()) / 3);
}

/** RFC 4252 as sshd does it: one attempt after the other, with its delays and its words at the end. */
export class SshAuth {
  readonly #deps: AuthDeps;
  readonly #waiting: Buffer[] = [];
  #busy = false;
  #serviceAccepted = false;
  #user: string | undefined;
  #service: string | undefined;
  #attempts = 0;
  #failures = 0;
  #noneTried = false;
  #bannerSent = false;
  #done = false;

  constructor(deps: AuthDeps) {
    this.#deps = deps;
  }

  /** @returns false when the message is none of ours in this state. */
  take(payload: Buffer): boolean {
    if (payload[0] === MSG.SERVICE_REQUEST && !this.#done) {
      this.#onService(new WireReader(payload, 1).text());
      return true;
    }
    if (payload[0] !== MSG.USERAUTH_REQUEST || !this.#serviceAccepted) return false;
    // sshd ignores requests after success.
    if (this.#done) return true;
    if (this.#waiting.length >= MAX_WAITING) throw new SshProtocolError("too many requests at once");
    this.#waiting.push(payload);
    if (!this.#busy) void this.#work();
    return true;
  }

  #onService(name: string): void {
    if (name !== "ssh-userauth") {
      this.#deps.disconnect(`bad service request ${name}`);
      return;
    }
    this.#serviceAccepted = true;
    this.#deps.send(message(MSG.SERVICE_ACCEPT).string(name).done());
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined && !this.#done; next = this.#waiting.shift())
        await this.#answer(next);
    } catch (error) {
      this.#done = true;
      this.#deps.onFailure(error);
    } finally {
      this.#busy = false;
    }
  }

  async #answer(payload: Buffer): Promise<void> {
    const reader = new WireReader(payload, 1);
    const userBytes = reader.string();
    const service = reader.text();
    const method = reader.text();
    const user = textOf(userBytes).text;
    if (this.#refusesChange(user, service)) return;
    this.#attempts += 1;
    if (this.#attempts > MAX_ATTEMPTS) {
      this.#tooMany();
      return;
    }
    this.#sendBanner();
    const request: Request = { user, userBytes, service, method, reader };
    const answer = await this.#try(request);
    if (answer === "pk_ok") return;
    if (answer === "success") {
      this.#done = true;
      this.#deps.send(message(MSG.USERAUTH_SUCCESS).done());
      this.#deps.onSuccess(user);
      return;
    }
    // The first "none" is free: clients ask with it what there is.
    if (this.#attempts > 1 || method !== "none") this.#failures += 1;
    if (this.#failures >= MAX_FAILURES) this.#tooMany();
    else this.#deps.send(message(MSG.USERAUTH_FAILURE).names(this.#deps.methods).boolean(false).done());
  }

  #tooMany(): void {
    this.#done = true;
    this.#deps.disconnect("Too many authentication failures");
  }

  #refusesChange(user: string, service: string): boolean {
    this.#user ??= user;
    this.#service ??= service;
    if (user === this.#user && service === this.#service) return false;
    this.#done = true;
    this.#deps.disconnect(
      `Change of username or service not allowed: (${this.#user},${this.#service}) -> (${user},${service})`,
    );
    return true;
  }

  #sendBanner(): void {
    if (this.#bannerSent || this.#deps.banner === undefined) return;
    this.#bannerSent = true;
    this.#deps.send(message(MSG.USERAUTH_BANNER).string(this.#deps.banner).string("").done());
  }

  async #try(request: Request): Promise<Answer> {
    switch (request.method) {
      case "password":
        return this.#deps.methods.includes("password") ? this.#password(request) : this.#unknown(request);
      case "publickey":
      case HOSTBOUND:
        return this.#publicKey(request);
      case "none":
        if (!this.#noneTried) {
          this.#noneTried = true;
          this.#tell(request, { outcome: "failure" });
          return "failure";
        }
        return this.#unknown(request);
      default:
        return this.#unknown(request);
    }
  }

  /** sshd's `user_specific_delay`: 5 to 9 ms for whatever fails without PAM. */
  async #unknown(request: Request): Promise<Answer> {
    this.#tell(request, { outcome: "failure" });
    await this.#deps.pause(5 + randomInt(5));
    return "failure";
  }

  async #password(request: Request): Promise<Answer> {
    const { reader, user } = request;
    const change = reader.boolean();
    const bytes = Buffer.from(reader.string());
    const accepted =
      !change &&
      bytes.length <= MAX_PASSWORD &&
      this.#deps.authenticate({ user, secret: { kind: "password", bytes } }).accepted;
    this.#tell(request, { ...secretFields(bytes), outcome: accepted ? "success" : "failure" });
    // An accepted password costs its hash; a refused one pam_unix's delay.
    await this.#deps.pause(accepted ? 40 + randomInt(50) : change ? 5 + randomInt(5) : pamDelay());
    return accepted ? "success" : "failure";
  }

  async #publicKey(request: Request): Promise<Answer> {
    const { reader, user, method } = request;
    const signed = reader.boolean();
    const algorithm = reader.text();
    const blob = Buffer.from(reader.string());
    const hostKey = method === HOSTBOUND ? Buffer.from(reader.string()) : undefined;
    const type = safeType(blob);
    const known = this.#deps.authenticate({ user, secret: { kind: "publickey", type, blob } }).accepted;
    const proved =
      signed &&
      verifySignature(blob, reader.string(), this.#signedData(request, { algorithm, blob, hostKey }));
    const accepted = known && proved;
    this.#tell(request, {
      ...secretFields(blob, "ssh_publickey"),
      key_type: type,
      key_fp: fingerprint(blob),
      signed,
      outcome: accepted ? "success" : known && !signed ? undefined : "failure",
    });
    if (accepted) return "success";
    await this.#deps.pause(5 + randomInt(5));
    if (!known || signed) return "failure";
    this.#deps.send(message(MSG.USERAUTH_PK_OK).string(algorithm).string(blob).done());
    return "pk_ok";
  }

  #signedData(
    { userBytes, service, method }: Request,
    key: { readonly algorithm: string; readonly blob: Buffer; readonly hostKey: Buffer | undefined },
  ): Buffer {
    const writer = new WireWriter()
      .string(this.#deps.sessionId())
      .byte(MSG.USERAUTH_REQUEST)
      .string(userBytes)
      .string(service)
      .string(method)
      .boolean(true)
      .string(key.algorithm)
      .string(key.blob);
    if (key.hostKey !== undefined) writer.string(key.hostKey);
    return writer.done();
  }

  #tell(
    { user, userBytes, method }: Request,
    facts: Partial<SecretFields> & {
      /** Unknown for a key that was only offered and would do. */
      readonly outcome: "success" | "failure" | undefined;
      readonly key_type?: string;
      readonly key_fp?: string;
      readonly signed?: boolean;
    },
  ): void {
    this.#deps.log.emit("auth_attempt", {
      username: user,
      principal: user,
      username_b64: textOf(userBytes).base64,
      ...facts,
      method: method === HOSTBOUND ? "publickey" : method.slice(0, 64),
      attempt: this.#attempts,
      client: this.#deps.client,
    });
  }
}

function safeType(blob: Buffer): string {
  try {
    return new WireReader(blob).string().toString("latin1").slice(0, 64);
  } catch {
    return "unknown";
  }
}
