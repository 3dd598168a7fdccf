import { randomBytes } from "node:crypto";

/** Signed-in visitors one site remembers. */
const LIMIT = 1_000;

/** Session cookies of a site: random, and good only if this site gave them out. */
export function createTickets(): { issue(): string; isGood(ticket: string | undefined): boolean } {
  const given = new Set<string>();
  return {
    issue() {
      const ticket = randomBytes(16).toString("hex");
      given.add(ticket);
      const oldest = given.values().next().value;
      if (given.size > LIMIT && oldest !== undefined) given.delete(oldest);
      return ticket;
    },
    isGood: (ticket) => ticket !== undefined && given.has(ticket),
  };
}
