import { CopyButton } from "./copy.tsx";
import "./visit-lines.css";

interface Visitable {
  readonly name: string;
  readonly services: readonly {
    readonly name: string;
    readonly state: string;
    readonly command: string | null;
    readonly hint: string | null;
  }[];
}

interface Visit {
  readonly command: string;
  readonly hint: string | null;
}

/** Ready to paste: how to visit a decky, the shells first because they show the most. */
function visits(deckies: readonly Visitable[], most: number): Visit[] {
  const order = (name: string) => (name === "ssh" ? 0 : name === "telnet" ? 1 : 2);
  const open = deckies.flatMap(({ services }) => services.filter(({ state }) => state === "running"));
  const found = new Map<string, Visit>();
  for (const { command, hint } of open.toSorted((a, b) => order(a.name) - order(b.name)))
    if (command !== null && !found.has(command)) found.set(command, { command, hint });
  return [...found.values()].slice(0, most);
}

interface VisitLinesProps {
  readonly deckies: readonly Visitable[];
  readonly most?: number;
}

export function VisitLines({ deckies, most = 3 }: VisitLinesProps) {
  return (
    <ul className="visit-lines">
      {visits(deckies, most).map(({ command, hint }) => (
        <li key={command} className="visit-line">
          <code className="data">{command}</code>
          {hint === null ? null : <span className="visit-hint">{hint}</span>}
          <CopyButton text={command} />
        </li>
      ))}
    </ul>
  );
}
