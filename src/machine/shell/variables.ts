import type { WorldView } from "../model.ts";
import { ShellError } from "./control.ts";
import type { Process } from "./processes.ts";
import type { ShellState, Variable } from "./state.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_ELEMENTS = 100_000;
/** Bytes of all values of one shell. */
const MAX_HEAP = 32 * 1024 * 1024;

export function isName(text: string): boolean {
  return NAME.test(text);
}

interface Sources {
  readonly state: ShellState;
  readonly process: Process;
  readonly world: WorldView;
}

const uid = ({ process }: Sources) => String(process.owner.uid);

/** Variables of bash whose value is found when they are read. */
const computed: ReadonlyMap<string, (from: Sources) => string | undefined> = new Map([
  ["SRANDOM", () => String(Math.floor(Math.random() * 4_294_967_296))],
  ["SECONDS", ({ state }) => String(Math.floor((Date.now() - state.startedAt) / 1000) + state.secondsOffset)],
  ["LINENO", ({ state }) => String(state.line)],
  ["EPOCHSECONDS", ({ world }) => String(Math.floor(world.now()))],
  ["EPOCHREALTIME", ({ world }) => world.now().toFixed(6)],
  ["BASHPID", ({ process }) => String(process.pid)],
  ["PPID", ({ process }) => String(process.ppid)],
  ["UID", uid],
  ["EUID", uid],
  ["SHELLOPTS", ({ state }) => [...state.options].sort().join(":")],
  ["BASHOPTS", ({ state }) => [...state.shopt].sort().join(":")],
  ["FUNCNAME", ({ state }) => state.calls[0]],
  ["BASH_SUBSHELL", ({ state }) => String(state.subshell)],
  ["_", ({ state }) => state.lastArgument],
] as const satisfies readonly (readonly [string, (from: Sources) => string | undefined])[]);

/** Reading and assigning shell variables, with the ones the shell computes. */
export class Variables {
  readonly #state: ShellState;
  readonly #process: Process;
  readonly #world: WorldView;
  #random = 0;
  #heap = 0;

  constructor(state: ShellState, process: Process, world: WorldView) {
    this.#state = state;
    this.#process = process;
    this.#world = world;
  }

  /** Follows `declare -n`. */
  resolve(name: string): string {
    let at = name;
    for (let depth = 0; depth < 8; depth++) {
      const variable = this.#state.variables.get(at);
      if (variable?.reference !== true || variable.value === undefined || variable.value === "") return at;
      at = variable.value;
    }
    return at;
  }

  lookup(name: string): Variable | undefined {
    return this.#state.variables.get(this.resolve(name));
  }

  get(name: string): string | undefined {
    const dynamic = this.#state.dialect === "bash" ? this.#dynamic(name) : this.#dashDynamic(name);
    if (dynamic !== undefined) return dynamic;
    const variable = this.lookup(name);
    if (variable === undefined) return undefined;
    if (variable.list !== undefined) return variable.list.get(0);
    if (variable.keys !== undefined) return variable.keys.get("0");
    return variable.value;
  }

  #dashDynamic(name: string): string | undefined {
    return name === "PPID"
      ? String(this.#process.ppid)
      : name === "LINENO"
        ? String(this.#state.line)
        : undefined;
  }

  #dynamic(name: string): string | undefined {
    if (name === "RANDOM") return String(this.#nextRandom());
    const compute = computed.get(name);
    return compute?.({ state: this.#state, process: this.#process, world: this.#world });
  }

  #nextRandom(): number {
    this.#random = (this.#random * 1_103_515_245 + 12_345 + Math.floor(Math.random() * 65_536)) >>> 0;
    return (this.#random >>> 8) & 0x7fff;
  }

  /** Elements of an array variable in order; a scalar is one element. */
  elements(name: string): readonly (readonly [string, string])[] | undefined {
    const dynamic = this.#dynamicArray(name);
    if (dynamic !== undefined) return dynamic.map((value, index) => [String(index), value] as const);
    const variable = this.lookup(name);
    if (variable?.keys !== undefined) return [...variable.keys];
    if (variable?.list !== undefined) {
      return [...variable.list]
        .sort(([a], [b]) => a - b)
        .map(([index, value]) => [String(index), value] as const);
    }
    const value = this.get(name);
    return value === undefined ? undefined : [["0", value]];
  }

  #dynamicArray(name: string): readonly string[] | undefined {
    const state = this.#state;
    if (state.dialect !== "bash") return undefined;
    if (name === "PIPESTATUS") return state.pipeStatus.map(String);
    if (name === "FUNCNAME") return state.calls;
    if (name === "DIRSTACK") return [this.#process.cwd, ...state.directories];
    if (name === "GROUPS") return this.#process.owner.groups.map(String);
    return undefined;
  }

  element(name: string, index: string): string | undefined {
    const variable = this.lookup(name);
    if (variable?.keys !== undefined) return variable.keys.get(index);
    const elements = this.elements(name);
    if (elements === undefined) return undefined;
    const number = Number(index);
    const at = number < 0 ? Number(elements.at(-1)?.[0] ?? -1) + 1 + number : number;
    return elements.find(([key]) => key === String(at))?.[1];
  }

  set(name: string, value: string, append = false): void {
    const target = this.resolve(name);
    const variable = this.#writable(target);
    if (target === "SECONDS") {
      this.#state.startedAt = Date.now();
      this.#state.secondsOffset = Number(value) || 0;
      return;
    }
    const former = append ? (this.get(target) ?? "") : "";
    const full = this.#cased(
      variable,
      append && variable.integer === true ? sum(former, value) : former + value,
    );
    this.#account(full.length);
    if (variable.list !== undefined) variable.list.set(0, full);
    else if (variable.keys !== undefined) variable.keys.set("0", full);
    else variable.value = full;
    if (this.#state.options.has("allexport")) variable.exported = true;
  }

  setElement(name: string, index: string, value: string, append = false): void {
    const target = this.resolve(name);
    const variable = this.#writable(target);
    this.#account(value.length);
    if (variable.keys !== undefined) {
      variable.keys.set(
        index,
        this.#cased(variable, append ? (variable.keys.get(index) ?? "") + value : value),
      );
      return;
    }
    const list = asList(variable);
    let at = Number(index);
    if (at < 0) at += Math.max(-1, ...list.keys()) + 1;
    if (at < 0) throw new ShellError(`${name}[${index}]: bad array subscript`);
    if (list.size >= MAX_ELEMENTS)
      throw new ShellError("xrealloc: cannot allocate 18446744071562068096 bytes", 2, true);
    list.set(at, this.#cased(variable, append ? (list.get(at) ?? "") + value : value));
  }

  setList(name: string, values: readonly (readonly [string | undefined, string])[], append: boolean): void {
    const target = this.resolve(name);
    const variable = this.#writable(target);
    if (variable.keys !== undefined) {
      if (!append) variable.keys.clear();
      for (const [key, value] of values) variable.keys.set(key ?? "", value);
      return;
    }
    const list = append ? asList(variable) : new Map<number, string>();
    let next = append && list.size > 0 ? Math.max(...list.keys()) + 1 : 0;
    for (const [key, value] of values) {
      if (key !== undefined) next = Number(key) || 0;
      this.#account(value.length);
      if (list.size >= MAX_ELEMENTS)
        throw new ShellError("xrealloc: cannot allocate 18446744071562068096 bytes", 2, true);
      list.set(next, this.#cased(variable, value));
      next += 1;
    }
    variable.list = list;
    variable.value = undefined;
  }

  #cased(variable: Variable, value: string): string {
    if (variable.casing === "lower") return value.toLowerCase();
    if (variable.casing === "upper") return value.toUpperCase();
    return value;
  }

  #account(bytes: number): void {
    this.#heap += bytes;
    if (this.#heap <= MAX_HEAP) return;
    this.#heap = 0;
    for (const variable of this.#state.variables.values()) {
      this.#heap += variable.value?.length ?? 0;
      for (const value of variable.list?.values() ?? []) this.#heap += value.length;
      for (const value of variable.keys?.values() ?? []) this.#heap += value.length;
    }
    if (this.#heap > MAX_HEAP) {
      throw new ShellError("xrealloc: cannot allocate 33554432 bytes", 2, true);
    }
  }

  /** @throws {ShellError} when it is readonly */
  #writable(name: string): Variable {
    const variable = this.#state.variables.get(name);
    if (variable === undefined) {
      const made: Variable = {};
      this.#state.variables.set(name, made);
      return made;
    }
    if (variable.readonly === true)
      throw new ShellError(
        this.#state.dialect === "bash" ? `${name}: readonly variable` : `${name}: is read only`,
        this.#state.dialect === "bash" ? 1 : 2,
        true,
      );
    return variable;
  }

  /** For `declare`, `export`, `local`: the variable itself, made when missing. */
  declare(name: string): Variable {
    const target = this.resolve(name);
    let variable = this.#state.variables.get(target);
    if (variable === undefined) {
      variable = {};
      this.#state.variables.set(target, variable);
    }
    return variable;
  }

  unset(name: string): boolean {
    const target = this.resolve(name);
    if (this.#state.variables.get(target)?.readonly === true) return false;
    this.#state.variables.delete(target);
    return true;
  }

  export(name: string, value?: string): void {
    if (value !== undefined) this.set(name, value);
    this.declare(name).exported = true;
  }

  /** What a started program sees. */
  environment(): Map<string, string> {
    const out = new Map<string, string>();
    for (const [name, variable] of this.#state.variables) {
      if (variable.exported !== true) continue;
      const value = this.get(name);
      if (value !== undefined) out.set(name, value);
    }
    return out;
  }

  names(): string[] {
    return [...this.#state.variables.keys()].sort();
  }
}

function asList(variable: Variable): Map<number, string> {
  if (variable.list === undefined) {
    variable.list = new Map(variable.value === undefined ? [] : [[0, variable.value]]);
    variable.value = undefined;
  }
  return variable.list;
}

function sum(a: string, b: string): string {
  return String((Number(a) || 0) + (Number(b) || 0));
}
