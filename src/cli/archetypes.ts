import { Command } from "commander";
import { archetypes } from "../fleet/archetypes.ts";

export function archetypesCommand(): Command {
  return new Command("archetypes")
    .description("list the kinds of machines that the local fleet can pretend to be")
    .option("--json", "as JSON")
    .action(({ json }: { json?: boolean }) => {
      if (json) console.log(JSON.stringify(archetypes, null, 2));
      else
        for (const { name, title, services } of archetypes)
          console.log(`${name.padEnd(16)} ${title.padEnd(36)} ${services.join(", ")}`);
    });
}
