import type { ProgramContext } from "../command.ts";

/** Rules that one machine keeps at most; the oldest go first. */
const MAX_RULES = 200;

export async function iptables(context: ProgramContext): Promise<number> {
  const name = context.argv0.split("/").at(-1) ?? "iptables";
  const refused = refusal(context, name);
  if (refused !== undefined)
    return context.fail(`${name} v1.8.9 (nf_tables): ${refused.text}`, refused.status);
  const key = `firewall:${name}`;
  const stored = context.world.state.get(key);
  const rules = Array.isArray(stored)
    ? stored.filter((rule): rule is string => typeof rule === "string")
    : [];
  if (context.args.some((arg) => /^-(S|-list)/.test(arg) || /^-\w*L/.test(arg))) return list(context, rules);
  context.world.state.set(key, changed(rules, context.args));
  context.login.observer.machineChange({
    kind: "firewall",
    path: name,
    detail: context.args.join(" ").slice(0, 2048),
  });
  return 0;
}

function refusal(
  context: ProgramContext,
  name: string,
): { readonly text: string; readonly status: number } | undefined {
  const hint = `\nTry \`${name} -h' or '${name} --help' for more information.`;
  const bad = context.args.find((arg) => /^--(foo|zzz)/.test(arg));
  if (bad !== undefined) return { text: `unknown option "${bad}"${hint}`, status: 2 };
  if (context.args.length === 0) return { text: `no command specified${hint}`, status: 2 };
  return context.uid === 0
    ? undefined
    : {
        text: "Could not fetch rule set generation id: Permission denied (you must be root)",
        status: 4,
      };
}

async function list(context: ProgramContext, rules: readonly string[]): Promise<number> {
  const chains = ["INPUT", "FORWARD", "OUTPUT"].map((chain) => {
    const own = rules.filter((rule) => rule.startsWith(`${chain} `)).map(ruleText);
    return `Chain ${chain} (policy ACCEPT)\ntarget     prot opt source               destination         \n${own.join("")}`;
  });
  await context.out(chains.join("\n"));
  return 0;
}

function ruleText(rule: string): string {
  const after = (option: string, fallback: string) =>
    new RegExp(`${option} (\\S+)`).exec(rule)?.[1] ?? fallback;
  const port = after("--dport", "");
  const cells = [
    after("-j", "ACCEPT").padEnd(10),
    after("-p", "all").padEnd(4),
    "-- ",
    after("-s", "anywhere").padEnd(20),
    "anywhere            ",
  ];
  return `${cells.join(" ")}${port === "" ? "" : ` tcp dpt:${port}`}\n`;
}

function changed(rules: readonly string[], args: readonly string[]): readonly string[] {
  if (args.includes("-F") || args.includes("--flush")) return [];
  const add = args.findIndex((arg) => /^-[AI]$/.test(arg));
  return add < 0 ? rules : [...rules, args.slice(add + 1).join(" ")].slice(-MAX_RULES);
}
