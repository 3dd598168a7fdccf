import type { ReactNode } from "react";
import "./marks.css";

export type Tone = "critical" | "warning" | "notice" | "good" | "accent" | "plain";

export function Badge({
  tone = "plain",
  children,
  title,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
  readonly title?: string;
}) {
  return (
    <span className={tone === "plain" ? "badge" : `badge badge-${tone}`} title={title}>
      {children}
    </span>
  );
}

/** A service slug, in the data face. */
export function Service({ name }: { readonly name: string }) {
  return <span className="service">{name}</span>;
}
