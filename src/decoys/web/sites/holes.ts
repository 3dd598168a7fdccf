import type { SiteAnswer, SiteRequest } from "./contract.ts";

/** Longest command taken out of a request. */
const COMMAND = 4_096;

const plain = (route: string, text: string): SiteAnswer => ({
  status: 200,
  type: "text/html; charset=UTF-8",
  body: Buffer.from(text),
  route,
});

/** `$(x)`, `` `x` ``, `;x`, `|x`, `&&x` inside a parameter that firmware puts into a command line. */
const substitution = (value: string): string | undefined =>
  /\$\(([^)]{1,4096})\)|`([^`]{1,4096})`|(?:;|\|\||\||&&|\n)\s*([^;|&\n]{1,4096})/
    .exec(value)
    ?.slice(1)
    .find((part) => part !== undefined);

/** The function and argument of `<?php system('id');` and its like. */
function phpCall(body: string): { readonly name: string; readonly argument: string } | undefined {
  const match =
    /\b(system|exec|shell_exec|passthru|popen|md5|print|echo|die|print_r)\s*\(?\s*(?:"([^"]{0,4096})"|'([^']{0,4096})')/i.exec(
      body,
    );
  if (match === null) return undefined;
  return { name: (match[1] ?? "").toLowerCase(), argument: match[2] ?? match[3] ?? "" };
}

async function phpEval({ body, run }: SiteRequest): Promise<SiteAnswer> {
  const call = phpCall(body.subarray(0, 16_384).toString("utf8"));
  if (call === undefined) return plain("php_eval", "");
  if (["system", "exec", "shell_exec", "passthru", "popen"].includes(call.name))
    return plain("php_eval", await run(call.argument.slice(0, COMMAND)));
  if (call.name === "md5") {
    const { createHash } = await import("node:crypto");
    return plain("php_eval", createHash("md5").update(call.argument).digest("hex"));
  }
  return plain("php_eval", call.argument);
}

/** `invokefunction` of ThinkPHP: a function and its arguments in the query. */
async function thinkPhp({ parameters, run }: SiteRequest): Promise<SiteAnswer> {
  const called = parameters.get("vars[0]") ?? "";
  const argument = (parameters.get("vars[1][]") ?? parameters.get("vars[1][0]") ?? "").slice(0, COMMAND);
  if (!["system", "exec", "shell_exec", "passthru"].includes(called)) return plain("thinkphp", "");
  const output = await run(argument);
  return plain("thinkphp", `${output}${output.trimEnd().split("\n").at(-1) ?? ""}`);
}

/** The language page of a router's firmware: the country is put into a command line, its output goes nowhere. */
async function luci({ parameters, run }: SiteRequest): Promise<SiteAnswer> {
  const command = substitution(parameters.get("country") ?? "");
  if (command !== undefined) await run(command.slice(0, COMMAND));
  return plain("luci", command === undefined ? "" : "OK");
}

/** Any parameter of a device's form handlers. */
async function cgi({ parameters, form, run }: SiteRequest): Promise<SiteAnswer | undefined> {
  for (const value of [...parameters.values(), ...form.fields.values()]) {
    const command = substitution(value);
    if (command !== undefined) return plain("cgi", await run(command.slice(0, COMMAND)));
  }
  return undefined;
}

/** Which request each hole belongs to; the first that fits answers. */
const holes: readonly {
  readonly fits: (request: SiteRequest) => boolean;
  readonly answer: (request: SiteRequest) => Promise<SiteAnswer | undefined>;
}[] = [
  { fits: ({ path }) => path.endsWith("/phpunit/src/Util/PHP/eval-stdin.php"), answer: phpEval },
  {
    fits: ({ parameters, exchange }) =>
      parameters.get("function") === "call_user_func_array" && /invokefunction/i.test(exchange.query),
    answer: thinkPhp,
  },
  { fits: ({ path }) => path.startsWith("/cgi-bin/luci/;stok="), answer: luci },
  { fits: ({ path }) => /^\/(?:cgi-bin|goform|boaform)\//.test(path), answer: cgi },
];

/**
 * Known command holes, evaluated on the machine: the output appears where the real hole shows it.
 * @returns undefined when the request is none of them
 */
export async function tryHoles(request: SiteRequest): Promise<SiteAnswer | undefined> {
  return holes.find(({ fits }) => fits(request))?.answer(request);
}
