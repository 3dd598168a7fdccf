import type { ReactNode } from "react";
import "./bar-list.css";
import { Count } from "./number.tsx";

export interface Bar {
  readonly key: string;
  readonly label: ReactNode;
  readonly count: number;
  readonly note?: ReactNode;
}

interface BarListProps {
  readonly label: string;
  readonly bars: readonly Bar[];
  /** Wraps a row's content in the link to the query behind its number. */
  readonly link: (bar: Bar, content: ReactNode, className: string) => ReactNode;
}

/** Values by count, each a link to the query behind it. */
export function BarList({ label, bars, link }: BarListProps) {
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  return (
    <ol className="bars" aria-label={label}>
      {bars.map((bar) => (
        <li key={bar.key}>
          {link(
            bar,
            <>
              <span
                className="bar-fill"
                style={{ width: `${(bar.count / most) * 100}%` }}
                aria-hidden="true"
              />
              <span className="bar-label truncate">{bar.label}</span>
              {bar.note ? <span className="bar-note">{bar.note}</span> : null}
              <span className="bar-count">
                <Count value={bar.count} />
              </span>
            </>,
            "bar",
          )}
        </li>
      ))}
    </ol>
  );
}
