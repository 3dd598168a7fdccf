import { CodedError } from "#kernel/errors.ts";
import type { ProgramContext } from "../command.ts";
import { operandsOf } from "./operands.ts";
import { connectOutcome } from "./reach.ts";

interface Plan {
  readonly host: string;
  readonly count: number;
  readonly size: number;
  readonly intervalMs: number;
  /** How long it waits for the last answer. */
  readonly lingerMs: number;
}

export async function ping(context: ProgramContext): Promise<number> {
  const { operands, value } = operandsOf(context.args, "cWwiIlmMpQsStT");
  const host = operands[0];
  if (host === undefined) return context.fail(`${context.argv0}: usage error: Destination address required`);
  const outcome = connectOutcome(context.login, host, 0);
  if (outcome.error === "name") {
    await context.sleep(outcome.afterMs);
    return context.fail(`${context.argv0}: ${host}: Temporary failure in name resolution`, 2);
  }
  if (outcome.error === "unreachable")
    return context.fail(`${context.argv0}: connect: Network is unreachable`, 2);
  const size = Number(value("s") ?? 56);
  await context.out(`PING ${host} (${host}) ${size}(${size + 28}) bytes of data.\n`);
  const started = performance.now();
  const round = new Round(context, {
    host,
    size,
    count: value("c") === undefined ? Number.POSITIVE_INFINITY : Number(value("c")),
    intervalMs: Math.max(200, Number(value("i") ?? 1) * 1000),
    lingerMs: Number(value("W") ?? 10) * 1000,
  });
  await round.run();
  await context.out(summary(host, round, Math.round(performance.now() - started)));
  return round.times.length > 0 ? 0 : 1;
}

/** ^C at ping: it still prints its statistics. */
class StopPing extends CodedError {
  readonly code = "MACHINE_PING_STOPPED";
}

/** Echo requests until all are sent or ^C. */
class Round {
  readonly times: number[] = [];
  sent = 0;
  readonly #context: ProgramContext;
  readonly #plan: Plan;
  #stopped = false;

  constructor(context: ProgramContext, plan: Plan) {
    this.#context = context;
    this.#plan = plan;
  }

  async run(): Promise<void> {
    const { process } = this.#context;
    process.dispositions.set(2, () => {
      this.#stopped = true;
      process.interrupt(new StopPing());
    });
    try {
      while (this.sent < this.#plan.count && !this.#stopped) await this.#one();
    } catch (error) {
      if (!(error instanceof StopPing)) throw error;
    }
  }

  async #one(): Promise<void> {
    const { host, count, intervalMs, lingerMs } = this.#plan;
    const answers = reachable(this.#context, host);
    this.sent += 1;
    if (answers) await this.#answer();
    await this.#context.flush();
    if (this.sent < count) await this.#context.sleep(intervalMs);
    else if (!answers) await this.#context.sleep(lingerMs);
  }

  async #answer(): Promise<void> {
    const { host, size } = this.#plan;
    const time = host.startsWith("127.") ? 0.02 + Math.random() * 0.03 : 0.2 + Math.random() * 0.5;
    this.times.push(time);
    await this.#context.out(
      `${size + 8} bytes from ${host}: icmp_seq=${this.sent} ttl=64 time=${time.toFixed(3)} ms\n`,
    );
  }
}

function summary(host: string, { sent, times }: Round, elapsed: number): string {
  const loss = sent === 0 ? 0 : Math.round(((sent - times.length) / sent) * 100);
  const counts = `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${times.length} received, ${loss}% packet loss, time ${elapsed}ms\n`;
  if (times.length === 0) return `${counts}\n`;
  const average = times.reduce((sum, time) => sum + time, 0) / times.length;
  const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - average) ** 2, 0) / times.length);
  const figures = [Math.min(...times), average, Math.max(...times), deviation];
  return `${counts}rtt min/avg/max/mdev = ${figures.map((each) => each.toFixed(3)).join("/")} ms\n`;
}

function reachable(context: ProgramContext, host: string): boolean {
  const { network } = context.world;
  const own =
    host.startsWith("127.") ||
    network.interfaces().some((each) => each.addresses.some((address) => address.address === host));
  return own || network.neighbours().some((neighbour) => neighbour.address === host);
}
