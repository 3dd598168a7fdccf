import type { ReactNode } from "react";
import { Failure, Skeleton } from "./states.tsx";
import { type Column, DataTable } from "./table.tsx";
import { useRows } from "./use-rows.ts";

interface Paging {
  readonly data: { readonly pages: readonly { readonly total: number | null }[] } | undefined;
  readonly error: Error | null;
  readonly isPlaceholderData: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly refetch: () => unknown;
  readonly fetchNextPage: () => unknown;
}

/** The part of a paged query that a list needs. */
export interface PagedQuery<Row> extends Paging {
  readonly data:
    | { readonly pages: readonly { readonly total: number | null; readonly data: readonly Row[] }[] }
    | undefined;
}

interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly openKey?: string | undefined;
  readonly onScrolled?: (isAtTop: boolean) => void;
  readonly onOpen?: (row: Row) => void;
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  readonly empty: ReactNode;
}

interface ListOfRowsProps<Row> extends TableProps<Row> {
  readonly query: Paging;
  readonly rows: readonly Row[];
}

/** A paged list with its states: loading, failure, rows (dimmed while their successors come), nothing. */
export function ListOfRows<Row>({ query, ...table }: ListOfRowsProps<Row>) {
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

export interface ListOfProps<Row> extends TableProps<Row> {
  readonly query: PagedQuery<Row>;
}

/** The list of a query's own rows. */
export function ListOf<Row>(props: ListOfProps<Row>) {
  return <ListOfRows {...props} rows={useRows(props.query.data)} />;
}
