import { useMemo } from "react";

interface Paged<Row> {
  readonly pages: readonly { readonly data: readonly Row[] }[];
}

/** The rows of all pages that are there, one list; the same list until a page comes. */
export function useRows<Row>(data: Paged<Row> | undefined): readonly Row[] {
  return useMemo(() => data?.pages.flatMap((page) => page.data) ?? [], [data]);
}
