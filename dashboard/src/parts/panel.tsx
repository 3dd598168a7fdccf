import { type ReactNode, useId } from "react";
import "./panel.css";
import { Boundary } from "./states.tsx";

interface PanelProps {
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  /** The content brings its own padding, as tables and lists do. */
  readonly flush?: boolean;
}

export function Panel({ title, actions, children, className, flush = true }: PanelProps) {
  const id = useId();
  return (
    <section className={`panel${className ? ` ${className}` : ""}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {actions ? <div className="panel-actions">{actions}</div> : null}
      </header>
      <div className={flush ? "panel-body" : "panel-body panel-padded"}>
        <Boundary>{children}</Boundary>
      </div>
    </section>
  );
}

interface PageProps {
  readonly title: ReactNode;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** The page takes exactly the window and scrolls inside its table. */
  readonly fills?: boolean;
}

export function Page({ title, subtitle, actions, children, fills = false }: PageProps) {
  return (
    <div className={fills ? "page page-fills" : "page"}>
      <header className="page-head">
        <div className="page-title">
          <h1>{title}</h1>
          {subtitle ? <div className="muted small">{subtitle}</div> : null}
        </div>
        {actions ? <div className="cluster">{actions}</div> : null}
      </header>
      <Boundary>{children}</Boundary>
    </div>
  );
}
