import * as attackers from "./attackers/contract.ts";
import * as auth from "./auth/contract.ts";
import * as credentials from "./credentials/contract.ts";
import * as deckies from "./deckies/contract.ts";
import type { RouteDeclaration } from "./declaration.ts";
import * as health from "./health/contract.ts";
import * as logs from "./logs/contract.ts";
import * as sessions from "./sessions/contract.ts";
import * as stats from "./stats/contract.ts";
import * as stream from "./stream/contract.ts";
import * as transcripts from "./transcripts/contract.ts";

const isDeclaration = (value: unknown): value is RouteDeclaration =>
  typeof value === "object" && value !== null && "path" in value && "method" in value && "role" in value;

const ofResource = (contract: object): readonly RouteDeclaration[] =>
  Object.values(contract).filter(isDeclaration);

/** Every route, one line per resource. */
export const declarations: readonly RouteDeclaration[] = [
  ...ofResource(auth),
  ...ofResource(logs),
  ...ofResource(stats),
  ...ofResource(attackers),
  ...ofResource(sessions),
  ...ofResource(transcripts),
  ...ofResource(credentials),
  ...ofResource(deckies),
  ...ofResource(stream),
  ...ofResource(health),
];
