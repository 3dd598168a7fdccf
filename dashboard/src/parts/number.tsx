import { exactNumber, shortNumber } from "./units.ts";

/** A count: short to read, exact on hover. */
export function Count({ value, atLeast = false }: { readonly value: number; readonly atLeast?: boolean }) {
  return (
    <span className="num" title={exactNumber(value)}>
      {atLeast ? "> " : ""}
      {shortNumber(value)}
    </span>
  );
}
