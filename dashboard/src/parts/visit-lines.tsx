import { CopyButton } from "./copy.tsx";
import "./visit-lines.css";

interface Visitable {
  readonly name: string;
  readonly services: readonly {
    readonly name: string;
    readonly state: string;
    readonly command: string | null;
  }[];
}

/** Ready to paste: how to visit a decky, the shells first because they show the most. */
export function visitCommands(deckies: readonly Visitable[], most: number): string[] {
  const interactive = (name: string) => (name === "ssh" ? 0 : name === "telnet" ? 1 : 2);
  const all = deckies.flatMap(({ services }) =>
    services.filter((service) => service.command !== null && service.state === "running"),
  );
  const commands = all
    .toSorted((a, b) => interactive(a.name) - interactive(b.name))
    .map(({ command }) => command);
  return [...new Set(commands)].filter((command) => command !== null).slice(0, most);
}

export function VisitLines({
  deckies,
  most = 3,
}: {
  readonly deckies: readonly Visitable[];
  readonly most?: number;
}) {
  return (
    <ul className="visit-lines">
      {visitCommands(deckies, most).map((command) => (
        <li key={command} className="visit-line">
          <code className="data">{command}</code>
          <CopyButton text={command} />
        </li>
      ))}
    </ul>
  );
}
