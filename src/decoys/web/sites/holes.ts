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

/**
 * Known command holes, evaluated on the machine: the output appears where the real hole shows it.
 * @returns undefined when the request is none of them
 */
export async function tryHoles(request: SiteRequest): Promise<SiteAnswer | undefined> {
  const { path, parameters, form, run } = request;
  if (path.endsWith("/phpunit/src/Util/PHP/eval-stdin.php")) return phpEval(request);
  if (
    parameters.get("function") === "call_user_func_array" &&
    /invokefunction/i.test(request.exchange.query)
  ) {
    const called = parameters.get("vars[0]") ?? "";
    const argument = (parameters.get("vars[1][]") ?? parameters.get("vars[1][0]") ?? "").slice(0, COMMAND);
    if (["system", "exec", "shell_exec", "passthru"].includes(called)) {
      const output = await run(argument);
      return plain("thinkphp", `${output}${output.trimEnd().split("\n").at(-1) ?? ""}`);
    }
    return plain("thinkphp", "");
  }
  if (path.startsWith("/cgi-bin/luci/;stok=")) {
    const command = substitution(parameters.get("country") ?? "");
    if (command !== undefined) await run(command.slice(0, COMMAND));
    return plain("luci", command === undefined ? "" : "OK");
  }
  if (path.startsWith("/cgi-bin/") || path.startsWith("/goform/") || path.startsWith("/boaform/")) {
    for (const value of [...parameters.values(), ...form.fields.values()]) {
      const command = substitution(value);
      if (command !== undefined) return plain("cgi", await run(command.slice(0, COMMAND)));
    }
  }
  return undefined;
}
