import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX, Clock3, type LucideIcon, PauseCircle } from "lucide-react";
import type { Decky } from "../../api/model.ts";
import { deckies } from "../../api/queries.ts";
import { Count } from "../../parts/number.tsx";
import { Panel } from "../../parts/panel.tsx";
import { condition } from "../../parts/query-text.ts";
import { Empty, Loaded } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { VisitLines } from "../../parts/visit-lines.tsx";
import { words } from "./words.ts";

const states: Readonly<Record<Decky["state"], { readonly icon: LucideIcon; readonly tone: string }>> = {
  running: { icon: CircleCheck, tone: "tone-good" },
  starting: { icon: Clock3, tone: "tone-notice" },
  stopped: { icon: PauseCircle, tone: "tone-info" },
  failed: { icon: CircleX, tone: "tone-critical" },
};

/** The machines that wait for visitors, and the lines with which to visit one. */
export function DeckyPanel() {
  const query = useQuery({ ...deckies(), refetchInterval: 15_000 });
  return (
    <Panel title={<span id="deckies">{words.deckies}</span>}>
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={words.deckiesEmpty} compact>
              <p>{words.feedNoDecky}</p>
            </Empty>
          ) : (
            <>
              <ul className="now-list">
                {data.map((decky) => (
                  <DeckyRow key={decky.name} decky={decky} />
                ))}
              </ul>
              <div className="visit">
                <h3 className="muted">{words.tryIt}</h3>
                <VisitLines deckies={data} most={3} />
              </div>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function DeckyRow({ decky }: { readonly decky: Decky }) {
  const { icon: Icon, tone } = states[decky.state];
  return (
    <li>
      <Link to="/logs" search={{ search: condition("decky", decky.name) }} className="decky">
        <span className={`mark ${tone}`} title={decky.detail ?? decky.state}>
          <Icon size={14} aria-hidden="true" />
          <span className="sr-only">{decky.state}</span>
        </span>
        <span className="data truncate">{decky.name}</span>
        <span className="muted small truncate">
          {decky.services.map((service) => `${service.name}:${service.port}`).join(" ")}
        </span>
        <span className="muted small decky-last">
          <Count value={decky.hits} />
          {decky.last_event_at === null ? null : (
            <>
              {" · "}
              <Time at={decky.last_event_at} />
            </>
          )}
        </span>
      </Link>
    </li>
  );
}
