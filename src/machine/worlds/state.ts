import { FsError } from "../errors.ts";
import type { WorldState } from "../model.ts";

const MAX_KEYS = 256;
const MAX_VALUE = 65_536;

/** Facts of a world by key; every change is told to the store. */
export class KeptState implements WorldState {
  readonly #values: Map<string, unknown>;
  readonly #changed: (key: string, json: string | undefined) => void;

  constructor(values: Map<string, unknown>, changed: (key: string, json: string | undefined) => void) {
    this.#values = values;
    this.#changed = changed;
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  set(key: string, value: unknown): void {
    if (value === undefined) {
      if (this.#values.delete(key)) this.#changed(key, undefined);
      return;
    }
    const json = JSON.stringify(value);
    if (json.length > MAX_VALUE) throw new FsError("ENOSPC", key);
    if (!this.#values.has(key) && this.#values.size >= MAX_KEYS) throw new FsError("ENOSPC", key);
    this.#values.set(key, value);
    this.#changed(key, json);
  }

  /** A list under a key, of which only the newest entries are kept. */
  push(key: string, value: unknown, keep: number): void {
    const list = Array.isArray(this.#values.get(key)) ? (this.#values.get(key) as unknown[]) : [];
    let next = [...list, value].slice(-keep);
    while (next.length > 1 && JSON.stringify(next).length > MAX_VALUE)
      next = next.slice(Math.ceil(next.length / 4));
    this.set(key, next);
  }

  list<T>(key: string, is: (value: unknown) => value is T): readonly T[] {
    const value = this.#values.get(key);
    return Array.isArray(value) ? value.filter(is) : [];
  }
}
