import { ListOf, type ListOfProps, type PagedQuery } from "./list-of.tsx";
import { Panel } from "./panel.tsx";
import { Total } from "./total.tsx";

interface CountedQuery<Row> extends PagedQuery<Row> {
  readonly data:
    | {
        readonly pages: readonly {
          readonly total: number | null;
          readonly total_exact: boolean;
          readonly data: readonly Row[];
        }[];
      }
    | undefined;
}

interface CountedListProps<Row> extends ListOfProps<Row> {
  readonly query: CountedQuery<Row>;
  readonly words: {
    readonly count: (count: string) => string;
    readonly atLeast: (count: string) => string;
    readonly shown: string;
  };
}

/** The body of a list page: how many rows there are, and the rows themselves. */
export function CountedList<Row>({ words, ...list }: CountedListProps<Row>) {
  return (
    <Panel
      className="fills"
      title={
        <Total
          page={list.query.data?.pages[0]}
          fallback={list.label}
          exact={words.count}
          atLeast={words.atLeast}
          note={words.shown}
        />
      }
    >
      <ListOf {...list} />
    </Panel>
  );
}
