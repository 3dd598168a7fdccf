import { exactNumber } from "./units.ts";

interface TotalProps {
  readonly page: { readonly total: number | null; readonly total_exact: boolean } | undefined;
  /** Shown until the number is known. */
  readonly fallback: string;
  readonly exact: (count: string) => string;
  readonly atLeast: (count: string) => string;
  readonly note?: string;
}

/** How many rows the query has, as the server counted them. */
export function Total({ page, fallback, exact, atLeast, note }: TotalProps) {
  const total = page?.total ?? null;
  const text =
    total === null ? fallback : page?.total_exact ? exact(exactNumber(total)) : atLeast(exactNumber(total));
  return (
    <span className="num">
      {text}
      {note ? <span className="muted"> {note}</span> : null}
    </span>
  );
}
