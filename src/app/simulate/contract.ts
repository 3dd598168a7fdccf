import type { Seed } from "#fleet/personas/seed.ts";

/** A service of the local fleet that a played attacker may touch. */
export interface Target {
  readonly decky: string;
  readonly slug: string;
  readonly host: string;
  readonly port: number;
  /** Pairs that the decky's policy accepts. */
  readonly accounts: readonly { readonly user: string; readonly password: string }[];
}

export interface Visit {
  readonly target: Target;
  /** A loopback address that stands for one attacker. */
  readonly from: string;
  readonly dice: Seed;
  /** Waits in the attacker's pace; ends early when the play is called off. */
  pause(ms: number): Promise<void>;
  readonly signal: AbortSignal;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Services it needs, any of them. */
  readonly slugs: readonly string[];
  /** @returns how many things it did (attempts, commands, requests) */
  play(visit: Visit): Promise<number>;
}
