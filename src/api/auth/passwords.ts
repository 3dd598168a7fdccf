import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { ProblemError } from "../errors.ts";
import { isCommonPassword } from "./common-passwords.ts";

/** N = 2^ln, r = 8, p = 1: about 128 MiB and a third of a second with the product's 17. */
const SCRYPT_LN = 17;
const R = 8;
const P = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MAX_RUNNING = 2;
const MAX_WAITING = 200;
const MIN_BYTES = 12;
const MAX_BYTES = 256;

/** Why a new password is refused, or undefined. */
export function passwordFault(password: string, username: string): string | undefined {
  const bytes = Buffer.byteLength(password);
  if (bytes < MIN_BYTES || bytes > MAX_BYTES)
    return `A password has ${MIN_BYTES} to ${MAX_BYTES} bytes of UTF-8.`;
  if (password.toLowerCase() === username.toLowerCase()) return "The password must not be the user name.";
  if (isCommonPassword(password)) return "Guessers try this password first; choose another.";
  return undefined;
}

interface Parameters {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

const derive = (
  password: string,
  salt: Uint8Array,
  { ln, r, p }: Parameters,
  length: number,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { N: 2 ** ln, r, p, maxmem: 2 ** ln * r * 128 + 64 * 1024 * 1024 };
    scrypt(password.normalize("NFC"), salt, length, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/u, "");

const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/u;

/** Whose computation it is: known browsers go first, and clients take turns. */
export interface Claimant {
  readonly client: string;
  readonly known: boolean;
}

interface Waiting extends Claimant {
  readonly start: () => void;
}

/** Computes password hashes, at most two at once; each needs 128 MiB. */
export class Passwords {
  readonly #parameters: Parameters;
  readonly #waiting: Waiting[] = [];
  readonly #turns = new Map<string, number>();
  #running = 0;
  #turn = 0;
  /** Compared with when the user does not exist, so that both cost the same. */
  #decoy: Promise<string> | undefined;

  constructor(ln: number = SCRYPT_LN) {
    this.#parameters = { ln, r: R, p: P };
  }

  async hash(password: string, claimant: Claimant): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const key = await this.#turnOf(claimant, () => derive(password, salt, this.#parameters, HASH_BYTES));
    return this.#write(salt, key);
  }

  /** @param stored undefined for an unknown user: costs the same and is never right */
  async verify(password: string, stored: string | undefined, claimant: Claimant): Promise<boolean> {
    this.#decoy ??= Promise.resolve(this.#write(randomBytes(SALT_BYTES), randomBytes(HASH_BYTES)));
    const parts = form.exec(stored ?? (await this.#decoy));
    if (parts === null) return false;
    const [ln = 0, r = 0, p = 0] = parts.slice(1, 4).map(Number);
    const salt = Buffer.from(parts[4] ?? "", "base64");
    const wanted = Buffer.from(parts[5] ?? "", "base64");
    const key = await this.#turnOf(claimant, () => derive(password, salt, { ln, r, p }, wanted.length));
    return timingSafeEqual(key, wanted) && stored !== undefined;
  }

  /** Whether a stored hash was made with weaker parameters than today's. */
  isOutdated(stored: string): boolean {
    return Number(form.exec(stored)?.[1] ?? 0) < this.#parameters.ln;
  }

  #write(salt: Uint8Array, key: Uint8Array): string {
    const { ln, r, p } = this.#parameters;
    return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(key)}`;
  }

  async #turnOf<T>(claimant: Claimant, work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_RUNNING) {
      if (this.#waiting.length >= MAX_WAITING)
        throw new ProblemError("rate", "Too many sign-ins at once.", { retry_after: 5 });
      await new Promise<void>((start) => this.#waiting.push({ ...claimant, start }));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Hands the free place to a known browser, else to the client that was served longest ago. */
  #next(): void {
    let best = -1;
    for (const [index, waiting] of this.#waiting.entries()) {
      const chosen = this.#waiting[best];
      if (chosen === undefined || this.#goesBefore(waiting, chosen)) best = index;
    }
    const [chosen] = best < 0 ? [] : this.#waiting.splice(best, 1);
    if (chosen === undefined) {
      this.#running -= 1;
      this.#turns.clear();
      return;
    }
    this.#turn += 1;
    this.#turns.set(chosen.client, this.#turn);
    chosen.start();
  }

  #goesBefore(a: Waiting, b: Waiting): boolean {
    if (a.known !== b.known) return a.known;
    return (this.#turns.get(a.client) ?? 0) < (this.#turns.get(b.client) ?? 0);
  }
}
