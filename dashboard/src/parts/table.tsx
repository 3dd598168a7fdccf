import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, memo, type ReactNode, useEffect, useRef, useState } from "react";
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
  /** Lines of a card on a narrow screen. */
  readonly cardLines?: number;
  /** Told how far the reader has scrolled. */
  readonly onScrolled?: (isAtTop: boolean) => void;
  /** Height of the scroll box; without it the table fills its parent. */
  readonly maxHeight?: number;
}

const OVERSCAN = 12;
const MORE_BEFORE_END = 20;

function useVisible<Row>(columns: readonly Column<Row>[], isNarrow: boolean): readonly Column<Row>[] {
  const [width, setWidth] = useState(() => window.innerWidth);
  useEffect(() => {
    const measure = () => setWidth(window.innerWidth);
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  return columns.filter((column) =>
    isNarrow ? !column.notInCard : column.from === undefined || width >= column.from,
  );
}

/** A list of any length: only the rows in sight exist, the server sorts and pages, arrow keys walk. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows, rowKey, onOpen, openKey, hasMore = false, onMore, isLoadingMore = false } = props;
  const { density } = usePreferences();
  const isNarrow = useMedia(NARROW);
  const visible = useVisible(columns, isNarrow);
  const scroller = useRef<HTMLDivElement>(null);
  const [focusIndex, setFocusIndex] = useState(0);
  const rowHeight = density === "comfortable" ? 36 : 28;
  const height = isNarrow ? 16 + 22 * (props.cardLines ?? visible.length) : rowHeight;

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

  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setFocusIndex(next);
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true });
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = keyStep(
      event.key,
      focusIndex,
      rows.length,
      Math.floor((scroller.current?.clientHeight ?? 0) / height),
    );
    if (step === undefined || isControl(event.target)) return;
    event.preventDefault();
    focusRow(step);
  };

  const template = visible.map((column) => column.width).join(" ");
  const current = Math.min(focusIndex, rows.length - 1);
  return (
    <div
      className={isNarrow ? "table table-cards" : "table"}
      style={props.maxHeight ? { maxHeight: props.maxHeight, flex: "none" } : undefined}
      role="table"
      aria-label={props.label}
      aria-rowcount={hasMore || props.total === null || props.total === undefined ? -1 : rows.length + 1}
    >
      <div
        className="table-scroll"
        ref={scroller}
        onScroll={(event) => props.onScrolled?.(event.currentTarget.scrollTop < 4)}
        // A scrolling box must be reachable by keyboard even before any row is.
        tabIndex={rows.length === 0 ? 0 : -1}
        role="presentation"
      >
        <div className="table-head" role="rowgroup">
          <div className="table-row" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
            {visible.map((column) => (
              <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </div>
        </div>
        {rows.length === 0 ? (
          <div className="table-empty">{props.empty}</div>
        ) : (
          // biome-ignore lint/a11y: the rows take the focus, the group only hears the keys
          <div
            className="table-body"
            role="rowgroup"
            style={{ height: virtual.getTotalSize() }}
            onKeyDown={onKeyDown}
          >
            {items.map((item) => {
              const row = rows[item.index];
              if (row === undefined) return null;
              const key = rowKey(row);
              return (
                <div
                  key={key}
                  role="row"
                  aria-rowindex={item.index + 2}
                  aria-current={openKey === key ? "true" : undefined}
                  data-index={item.index}
                  tabIndex={item.index === current ? 0 : -1}
                  className={`table-row table-data${openKey === key ? " is-open" : ""}${onOpen ? " is-openable" : ""}`}
                  style={{
                    gridTemplateColumns: isNarrow ? undefined : template,
                    height: item.size,
                    transform: `translateY(${item.start}px)`,
                  }}
                  onFocus={() => setFocusIndex(item.index)}
                  onClick={(event) => {
                    if (!isControl(event.target)) onOpen?.(row);
                  }}
                  onKeyDown={(event) => {
                    if (event.key !== "Enter" || isControl(event.target)) return;
                    event.preventDefault();
                    onOpen?.(row);
                  }}
                >
                  <Cells columns={visible as readonly Column<unknown>[]} row={row} isCard={isNarrow} />
                </div>
              );
            })}
          </div>
        )}
        {isLoadingMore ? <div className="table-more">{words.loadingMore}</div> : null}
      </div>
      {props.total !== undefined ? (
        <span className="sr-only" role="status">
          {words.rows(props.total === null ? words.unknown : exactNumber(props.total))}
        </span>
      ) : null}
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
