import { serialize } from "just-bash";
import type { ShellProcess } from "./shell-process.ts";
import { parseShell, type Script, type Simple } from "./syntax.ts";

/** Commands that an alias has already been replaced in: an alias does not expand itself again. */
const expanded = new WeakMap<Simple, ReadonlySet<string>>();

/** What the command becomes when its first word is an alias; undefined when it is none. */
export function expandAlias(sh: ShellProcess, node: Simple): Script | undefined {
  const { state } = sh;
  if (state.aliases.size === 0 || node.name === null) return undefined;
  if (!state.interactive && !state.shopt.has("expand_aliases") && state.dialect === "bash") return undefined;
  const part = node.name.parts.length === 1 ? node.name.parts[0] : undefined;
  if (part?.type !== "Literal") return undefined;
  const value = state.aliases.get(part.value);
  const done = expanded.get(node);
  if (value === undefined || done?.has(part.value) === true) return undefined;
  const placeholder: Simple = {
    ...node,
    name: { type: "Word", parts: [{ type: "Literal", value: "\uE000" }] },
  };
  const rest = serialize({
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
  if (first?.type === "SimpleCommand") expanded.set(first, new Set([...(done ?? []), part.value]));
  return parsed.script;
}
