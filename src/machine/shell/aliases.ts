import { library } from "./library.ts";
import type { ShellProcess } from "./shell-process.ts";
import { parseShell, type Script, type Simple } from "./syntax.ts";

/** Commands that an alias has already been replaced in: an alias does not expand itself again. */
const expanded = new WeakMap<Simple, ReadonlySet<string>>();

/** What the command becomes when its first word is an alias; undefined when it is none. */
export function expandAlias(sh: ShellProcess, node: Simple): Script | undefined {
  const name = aliasName(sh, node);
  if (name === undefined) return undefined;
  const value = sh.state.aliases.get(name);
  const done = expanded.get(node) ?? new Set<string>();
  if (value === undefined || done.has(name)) return undefined;
  const placeholder: Simple = {
    ...node,
    name: { type: "Word", parts: [{ type: "Literal", value: "\uE000" }] },
  };
  const rest = library().serialize({
    type: "Script",
    statements: [
      {
        type: "Statement",
        pipelines: [{ type: "Pipeline", commands: [placeholder], negated: false }],
        operators: [],
        background: false,
      },
    ],
  });
  const parsed = parseShell(rest.replace("\uE000", () => value));
  if (parsed.kind !== "script") return undefined;
  const first = parsed.script.statements[0]?.pipelines[0]?.commands[0];
  if (first?.type === "SimpleCommand") expanded.set(first, new Set([...done, name]));
  return parsed.script;
}

/** The first word as it was typed, where aliases are looked at. */
function aliasName({ state }: ShellProcess, { name }: Simple): string | undefined {
  const active = state.interactive || state.shopt.has("expand_aliases") || state.dialect !== "bash";
  if (!active || state.aliases.size === 0) return undefined;
  const part = name?.parts.length === 1 ? name.parts[0] : undefined;
  return part?.type === "Literal" ? part.value : undefined;
}
