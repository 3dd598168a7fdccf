import type { components, operations } from "./schema.d.ts";

type Schemas = components["schemas"];

export type LogEvent = Schemas["LogEvent"];
export type LogDetail = Schemas["LogDetail"];
export type LogFacets = Schemas["LogFacets"];
export type FacetValue = Schemas["FacetValue"];
export type Stats = Schemas["Stats"];
export type TopValue = Schemas["TopValue"];
export type Attacker = Schemas["Attacker"];
export type AttackerDetail = Schemas["AttackerDetail"];
export type TimelineItem = Schemas["TimelineItem"];
export type Sighting = Schemas["Sighting"];
export type Session = Schemas["Session"];
export type Command = Schemas["Command"];
export type Credential = Schemas["Credential"];
export type TopCredential = Schemas["TopCredential"];
export type Decky = Schemas["Decky"];
export type CurrentSession = Schemas["CurrentSession"];

type QueryOf<O extends keyof operations> = NonNullable<operations[O]["parameters"]["query"]>;

export type LogQuery = QueryOf<"listLogs">;
export type AttackerQuery = QueryOf<"listAttackers">;
export type SessionQuery = QueryOf<"listSessions">;
export type CredentialQuery = QueryOf<"listCredentials">;
export type TopTopic = QueryOf<"statsTop">["what"];

/** One page of any list. */
export interface PageOf<Row> {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
  readonly prev_cursor: string | null;
  readonly limit: number;
  readonly total: number | null;
  readonly total_exact: boolean;
}
