import type { ReactNode } from "react";
import { Failure, Skeleton } from "./states.tsx";
import { type Column, DataTable } from "./table.tsx";

interface PagedQuery {
  readonly data: { readonly pages: readonly { readonly total: number | null }[] } | undefined;
  readonly error: Error | null;
  readonly isPlaceholderData: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly refetch: () => unknown;
  readonly fetchNextPage: () => unknown;
}

interface ListOfProps<Row> {
  readonly label: string;
  readonly query: PagedQuery;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly openKey?: string | undefined;
  readonly onScrolled?: (isAtTop: boolean) => void;
  readonly onOpen?: (row: Row) => void;
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  readonly empty: ReactNode;
}

/** A paged list with its states: loading, failure, rows (dimmed while their successors come), nothing. */
export function ListOf<Row>({ query, ...table }: ListOfProps<Row>) {
  if (query.error && table.rows.length === 0)
    return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton lines={14} />;
  return (
    <div className={query.isPlaceholderData ? "fills loaded-old" : "fills"}>
      <DataTable
        {...table}
        total={query.data.pages[0]?.total ?? null}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </div>
  );
}
