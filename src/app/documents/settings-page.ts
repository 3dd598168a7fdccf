import * as z from "zod";
import { settingsTable } from "#kernel/config.ts";
import { configSchema } from "../config.ts";
import { generatedFrom } from "./markdown.ts";

/** Headings of the sections of the schema. */
const titles: Readonly<Record<string, string>> = {
  api: "API and dashboard",
  collector: "Collector",
  keeper: "Recordings and captured files",
  journal: "Journal",
  ingest: "Ingester",
  analysis: "Analysis",
  local: "Local fleet",
  decoys: "Limits of the decoys",
  machine: "Pretend machine",
};

const isSection = (schema: z.core.$ZodType): boolean => schema instanceof z.ZodObject;

function* sections(): Generator<{ readonly title: string; readonly schema: z.ZodObject }> {
  const entries = Object.entries(configSchema.shape);
  const top = entries.filter(([, child]) => !isSection(child));
  yield { title: "All of it", schema: z.strictObject(Object.fromEntries(top)) };
  for (const [key, child] of entries)
    if (isSection(child)) yield { title: titles[key] ?? key, schema: z.strictObject({ [key]: child }) };
}

export function* settingsPage(): Generator<string> {
  yield generatedFrom("the settings' schemas");
  yield "# Settings";
  yield "";
  yield "Settings are environment variables, read once when a command starts. A name that does not exist is an error";
  yield "that names the nearest one. `decnet up --check-config` says what is wrong without starting anything. Switches";
  yield "take `true`, `1`, `yes`, `on` and `false`, `0`, `no`, `off`. Flags of a command win over variables";
  yield "([commands.md](commands.md)). What happens at a decoy's limits stands in [decoys.md](decoys.md).";
  for (const { title, schema } of sections()) {
    yield "";
    yield `## ${title}`;
    yield "";
    yield* settingsTable(schema);
  }
}
