import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Stats } from "../../api/model.ts";
import { stats } from "../../api/queries.ts";
import { Count } from "../../parts/number.tsx";
import { Loaded, Skeleton } from "../../parts/states.tsx";
import { exactNumber } from "../../parts/units.ts";
import { words } from "./words.ts";

/** The totals of the server, each a link to what it counts. */
export function Counters() {
  const query = useQuery({ ...stats(), refetchInterval: 30_000 });
  return (
    <Loaded query={query} skeleton={<Skeleton height={62} lines={2} />}>
      {(numbers) => <Cards numbers={numbers} />}
    </Loaded>
  );
}

function Cards({ numbers }: { readonly numbers: Stats }) {
  return (
    <ul className="cards">
      <li>
        <Link to="/logs" className="card">
          <Value count={numbers.total_logs} label={words.cards.total_logs} note={words.ever} />
        </Link>
      </li>
      <li>
        <Link to="/attackers" className="card">
          <Value count={numbers.unique_attackers} label={words.cards.unique_attackers} note={words.ever} />
        </Link>
      </li>
      <li>
        <Link to="/sessions" search={{ state: "open" }} className="card">
          <Value
            count={numbers.sessions_open}
            label={words.cards.sessions_open}
            note={words.now}
            isLive={numbers.sessions_open > 0}
          />
        </Link>
      </li>
      <li>
        <Link to="/credentials" className="card">
          <Value count={numbers.credentials} label={words.cards.credentials} note={words.ever} />
        </Link>
      </li>
      <li>
        <Link to="/logs" search={{ search: "event:file_captured" }} className="card">
          <Value count={numbers.artifacts} label={words.cards.artifacts} note={words.kept} />
        </Link>
      </li>
      <li>
        <a href="#deckies" className="card">
          <Value
            count={numbers.active_deckies}
            label={words.cards.active_deckies}
            note={words.ofDeployed(exactNumber(numbers.deployed_deckies))}
          />
        </a>
      </li>
    </ul>
  );
}

interface ValueProps {
  readonly count: number;
  readonly label: string;
  readonly note: string;
  readonly isLive?: boolean;
}

function Value({ count, label, note, isLive = false }: ValueProps) {
  return (
    <>
      <span className="card-label">
        {isLive ? <span className="dot dot-live tone-good" aria-hidden="true" /> : null}
        {label}
      </span>
      <span className="card-value">
        <Count value={count} />
      </span>
      <span className="card-note">{note}</span>
    </>
  );
}
