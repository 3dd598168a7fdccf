import * as z from "zod";

function typeOf(schema: z.core.$ZodType): string {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  if (Array.isArray(json.enum)) return json.enum.map((value) => `\`${String(value)}\``).join(" ");
  return Array.isArray(json.type) ? json.type.join(" ") : (json.type ?? "any");
}

/** The options table of a decoy's README, from its schema; the contract suite compares both. */
export function* optionsTable(persona: z.ZodObject): Generator<string> {
  yield "| option | type | default | meaning |";
  yield "| --- | --- | --- | --- |";
  for (const [name, schema] of Object.entries(persona.shape)) {
    const { data } = z.safeParse(schema, undefined);
    const shown = data === undefined ? "unset" : `\`${JSON.stringify(data)}\``;
    const { description = "" } = z.globalRegistry.get(schema) ?? {};
    yield `| \`${name}\` | ${typeOf(schema)} | ${shown} | ${description} |`;
  }
}
