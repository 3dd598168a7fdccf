import { Command } from "commander";
import { readSettings } from "#app/config.ts";
import { examine } from "#app/doctor.ts";

const MARKS = { ok: "ok      ", note: "note    ", problem: "PROBLEM " } as const;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check Node, the data folder, disk, ports, Docker and the clock, and say what to do")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const settings = readSettings(process.env);
      const findings = await examine({
        dataDir: settings.dataDir,
        api: { host: settings.api.host, port: settings.api.port },
        dockerHost: settings.dockerHost,
      });
      if (json) console.log(JSON.stringify(findings, null, 2));
      else
        for (const { subject, verdict, detail, fix } of findings) {
          console.log(`${MARKS[verdict]}${subject.padEnd(16)}${detail}`);
          if (fix !== undefined) console.log(`${" ".repeat(24)}→ ${fix}`);
        }
      if (findings.some(({ verdict }) => verdict === "problem")) process.exitCode = 1;
    });
}
