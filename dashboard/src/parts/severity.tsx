import { CircleAlert, Info, type LucideIcon, OctagonAlert, Siren, TriangleAlert } from "lucide-react";
import "./marks.css";

interface Level {
  readonly word: string;
  readonly tone: "critical" | "error" | "warning" | "notice" | "info";
  readonly icon: LucideIcon;
}

const levels: readonly Level[] = [
  { word: "Emergency", tone: "critical", icon: Siren },
  { word: "Alert", tone: "critical", icon: Siren },
  { word: "Critical", tone: "critical", icon: OctagonAlert },
  { word: "Error", tone: "error", icon: OctagonAlert },
  { word: "Warning", tone: "warning", icon: TriangleAlert },
  { word: "Notice", tone: "notice", icon: CircleAlert },
  { word: "Info", tone: "info", icon: Info },
  { word: "Debug", tone: "info", icon: Info },
];
const UNKNOWN: Level = { word: "Unknown", tone: "info", icon: Info };

export const severityWord = (value: number | null): string =>
  (value === null ? UNKNOWN : (levels[value] ?? UNKNOWN)).word;

/** Colour, icon and word. `short` keeps the word for screen readers and the tooltip only. */
export function Severity({
  value,
  short = false,
}: {
  readonly value: number | null;
  readonly short?: boolean;
}) {
  const level = value === null ? UNKNOWN : (levels[value] ?? UNKNOWN);
  const Icon = level.icon;
  return (
    <span className={`mark tone-${level.tone}`} title={level.word}>
      <Icon size={13} aria-hidden="true" />
      <span className={short ? "sr-only" : undefined}>{level.word}</span>
    </span>
  );
}
