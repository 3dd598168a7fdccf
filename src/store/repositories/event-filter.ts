/** What a search over events asks, as plain data that travels to the query threads. */

export type TextColumn = "decky" | "service" | "event_type" | "session";
export type NumberColumn = "asn" | "severity";

interface Negatable {
  readonly not: boolean;
}

/** Plain text: the words of `text` in this order, anywhere in the event. */
interface TextTerm extends Negatable {
  readonly kind: "text";
  readonly text: string;
  readonly prefix: boolean;
}

interface ColumnTerm extends Negatable {
  readonly kind: "column";
  readonly column: TextColumn;
  readonly value: string;
  readonly prefix: boolean;
}

/** Both ends belong to the range. */
interface NumberTerm extends Negatable {
  readonly kind: "number";
  readonly column: NumberColumn;
  readonly from: number;
  readonly to: number;
}

interface CountryTerm extends Negatable {
  readonly kind: "country";
  readonly value: string;
}

/** A canonical address (`bits` null) or a network. */
interface AddressTerm extends Negatable {
  readonly kind: "address";
  readonly address: string;
  readonly bits: number | null;
}

/** A field of the event as text, or as a number within a range. */
interface FieldTerm extends Negatable {
  readonly kind: "field";
  readonly name: string;
  readonly value: string;
  readonly prefix: boolean;
  readonly range: { readonly from: number; readonly to: number } | null;
}

export type SearchTerm = TextTerm | ColumnTerm | NumberTerm | CountryTerm | AddressTerm | FieldTerm;

export interface EventFilter {
  readonly terms: readonly SearchTerm[];
  readonly decky?: string | undefined;
  readonly service?: string | undefined;
  readonly eventType?: string | undefined;
  readonly address?: { readonly address: string; readonly bits: number | null } | undefined;
  readonly sid?: string | undefined;
  /** This severity or worse (smaller). */
  readonly severity?: number | undefined;
  readonly origin?: string | undefined;
  /** Of `received`, half-open. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
}
