import { Command, InvalidArgumentError } from "commander";
import { readSettings } from "#app/config.ts";
import { scenarios } from "#app/simulate/scenarios.ts";
import { simulate } from "#app/simulate/simulate.ts";

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("must be a number above 0");
  return value;
};

export function simulateCommand(): Command {
  return new Command("simulate")
    .description("play attackers against the local fleet over loopback, through real protocol clients")
    .argument("[scenario...]", `what they do: ${scenarios.map(({ name }) => name).join(", ")} (all in turn)`)
    .option("--attackers <n>", "how many attackers come", positive, 10)
    .option("--seed <text>", "the same seed plays the same attackers", "1")
    .option("--speed <factor>", "2 = twice as fast", positive, 1)
    .option("--host <address>", "a loopback address; anything else is refused", "127.0.0.1")
    .action(
      async (names: string[], options: { attackers: number; seed: string; speed: number; host: string }) => {
        const stop = new AbortController();
        process.once("SIGINT", () => stop.abort());
        const done = await simulate({
          ...options,
          dataDir: readSettings(process.env).dataDir,
          scenarios: names,
          signal: stop.signal,
          report: (line) => console.log(line),
        });
        console.log(`${done.attackers} attackers, ${done.actions} attempts, commands and requests`);
      },
    );
}
