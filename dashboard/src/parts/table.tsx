import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type ReactNode,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { usePreferences } from "../theme/preferences.ts";
import { NARROW, useMedia } from "./media.ts";
import "./table.css";
import { exactNumber } from "./units.ts";
import { words } from "./words.ts";

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** A grid track: `120px`, `minmax(160px, 1fr)`. */
  readonly width: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "end";
  /** Values of `sort` for rising and falling; the server sorts. */
  readonly sort?: { readonly up?: string; readonly down: string };
  /** Left out below this many pixels of window width. */
  readonly from?: number;
  /** Left out of the card that a row becomes on a narrow screen. */
  readonly notInCard?: boolean;
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  readonly openKey?: string | undefined;
  readonly sort?: string | undefined;
  readonly onSort?: (sort: string) => void;
  readonly total?: number | null;
  readonly hasMore?: boolean;
  readonly isLoadingMore?: boolean;
  readonly onMore?: () => void;
  readonly empty?: ReactNode;
  /** Told how far the reader has scrolled. */
  readonly onScrolled?: (isAtTop: boolean) => void;
}

/** Rows drawn beyond the sight: each costs on every frame that brings new ones. */
const OVERSCAN = 4;
const MORE_BEFORE_END = 20;
const GAP_PX = 14;
const CARD_LINE_PX = 22;

function useVisible<Row>(columns: readonly Column<Row>[], isNarrow: boolean): readonly Column<Row>[] {
  const [width, setWidth] = useState(() => window.innerWidth);
  useEffect(() => {
    const measure = () => setWidth(window.innerWidth);
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, []);
  return useMemo(
    () =>
      columns.filter((column) =>
        isNarrow ? !column.notInCard : column.from === undefined || width >= column.from,
      ),
    [columns, isNarrow, width],
  );
}

/** What the columns need at least; narrower windows scroll sideways, and every row by the same amount. */
const leastWidth = (columns: readonly { readonly width: string }[]): number =>
  columns.reduce((sum, { width }) => sum + Number(/\d+/.exec(width)?.[0] ?? 0) + GAP_PX, GAP_PX);

/** A list of any length: only the rows in sight exist, the server sorts and pages, arrow keys walk. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { rows, rowKey, hasMore = false, onMore, isLoadingMore = false, total } = props;
  const { density } = usePreferences();
  const isNarrow = useMedia(NARROW);
  const columns = useVisible(props.columns, isNarrow);
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = density === "comfortable" ? 36 : 28;
  const height = isNarrow ? GAP_PX + CARD_LINE_PX * columns.length : rowHeight;

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  useEffect(() => virtual.measure(), [height, virtual]);
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && lastShown >= rows.length - MORE_BEFORE_END) onMore?.();
  }, [hasMore, isLoadingMore, lastShown, rows.length, onMore]);
  const walk = useRowFocus(scroller, {
    count: rows.length,
    perScreen: () => Math.floor((scroller.current?.clientHeight ?? 0) / height),
    reveal: (index) => virtual.scrollToIndex(index),
  });

  const template = columns.map((column) => column.width).join(" ");
  const frame = isNarrow ? {} : { gridTemplateColumns: template };
  const least = isNarrow ? undefined : { minWidth: leastWidth(columns) };
  return (
    <div className={isNarrow ? "table table-cards" : "table"}>
      <div
        className="table-scroll"
        ref={scroller}
        onScroll={(event) => props.onScrolled?.(event.currentTarget.scrollTop < 4)}
        // A scrolling box must be reachable by keyboard even before any row is.
        tabIndex={rows.length === 0 ? 0 : -1}
      >
        <div role="table" aria-label={props.label} aria-rowcount={rowCount(props)}>
          <div className="table-head" role="rowgroup" style={least}>
            <div className="table-row" role="row" aria-rowindex={1} style={frame}>
              {columns.map((column) => (
                <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
              ))}
            </div>
          </div>
          {/* biome-ignore lint/a11y: the rows take the focus, the group only hears the keys */}
          <div
            className="table-body"
            role="rowgroup"
            style={{ ...least, height: virtual.getTotalSize() }}
            onKeyDown={walk.onKeyDown}
          >
            {items.map(({ index, size, start }) => {
              const row = rows[index];
              if (row === undefined) return null;
              const key = rowKey(row);
              return (
                <DataRow
                  key={key}
                  index={index}
                  isOpen={props.openKey === key}
                  isCurrent={index === walk.current}
                  onFocus={walk.onFocus}
                  onOpen={props.onOpen && (() => props.onOpen?.(row))}
                  style={{ ...frame, height: size, transform: `translateY(${start}px)` }}
                >
                  <Cells columns={columns as readonly Column<unknown>[]} row={row} isCard={isNarrow} />
                </DataRow>
              );
            })}
          </div>
        </div>
        {rows.length === 0 ? <div className="table-empty">{props.empty}</div> : null}
        {isLoadingMore ? <div className="table-more">{words.loadingMore}</div> : null}
      </div>
      <span className="sr-only" role="status">
        {typeof total === "number" ? words.rows(exactNumber(total)) : null}
      </span>
    </div>
  );
}

/** Rows of the whole list with the heading, −1 while that is not known. */
const rowCount = ({
  total,
  hasMore,
  rows,
}: Pick<DataTableProps<unknown>, "total" | "hasMore" | "rows">): number =>
  hasMore || typeof total !== "number" ? -1 : rows.length + 1;

interface FocusParts {
  readonly count: number;
  readonly perScreen: () => number;
  readonly reveal: (index: number) => void;
}

/** One row is in the tab order; the arrow keys move it. */
function useRowFocus(scroller: RefObject<HTMLDivElement | null>, { count, perScreen, reveal }: FocusParts) {
  const [index, setIndex] = useState(0);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const wanted = keyStep(event.key, index, count, perScreen());
    if (wanted === undefined || isControl(event.target)) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(count - 1, wanted));
    setIndex(next);
    reveal(next);
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true });
    });
  };
  return { current: Math.min(index, count - 1), onFocus: setIndex, onKeyDown };
}

interface DataRowProps {
  readonly index: number;
  readonly isOpen: boolean;
  readonly isCurrent: boolean;
  readonly onFocus: (index: number) => void;
  readonly onOpen: (() => void) | undefined;
  readonly style: CSSProperties;
  readonly children: ReactNode;
}

function DataRow({ index, isOpen, isCurrent, onFocus, onOpen, style, children }: DataRowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-current={isOpen ? "true" : undefined}
      data-index={index}
      tabIndex={isCurrent ? 0 : -1}
      className={`table-row table-data${isOpen ? " is-open" : ""}${onOpen ? " is-openable" : ""}`}
      style={style}
      onFocus={() => onFocus(index)}
      onClick={(event) => {
        if (!isControl(event.target)) onOpen?.();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || isControl(event.target)) return;
        event.preventDefault();
        onOpen?.();
      }}
    >
      {children}
    </div>
  );
}

interface CellsProps {
  readonly columns: readonly Column<unknown>[];
  readonly row: unknown;
  readonly isCard: boolean;
}

const Cells = memo(
  function Cells({ columns, row, isCard }: CellsProps) {
    return columns.map((column) => (
      <div key={column.id} role="cell" className={`table-cell${column.align === "end" ? " is-end" : ""}`}>
        {isCard ? <span className="table-label">{column.header}</span> : null}
        <span className="truncate">{column.cell(row)}</span>
      </div>
    ));
  },
  (before, after) =>
    before.row === after.row &&
    before.isCard === after.isCard &&
    before.columns.length === after.columns.length &&
    before.columns.every((column, index) => column === after.columns[index]),
);

interface HeadCellProps<Row> {
  readonly column: Column<Row>;
  readonly sort: string | undefined;
  readonly onSort: ((sort: string) => void) | undefined;
}

function HeadCell<Row>({ column, sort, onSort }: HeadCellProps<Row>) {
  const className = `table-cell${column.align === "end" ? " is-end" : ""}`;
  if (!column.sort || !onSort)
    return (
      <div role="columnheader" className={className}>
        {column.header}
      </div>
    );
  const { up, down } = column.sort;
  const state = sort === down ? "descending" : sort !== undefined && sort === up ? "ascending" : "none";
  return (
    <div role="columnheader" className={className} aria-sort={state}>
      <button
        type="button"
        className="table-sort"
        onClick={() => onSort(state === "descending" && up ? up : down)}
      >
        {column.header}
        {state === "descending" ? <ArrowDown size={12} aria-hidden="true" /> : null}
        {state === "ascending" ? <ArrowUp size={12} aria-hidden="true" /> : null}
      </button>
    </div>
  );
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input, select, textarea") !== null;
}

function keyStep(key: string, at: number, count: number, perScreen: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + perScreen,
    PageUp: at - perScreen,
    Home: 0,
    End: count - 1,
  };
  return steps[key];
}
