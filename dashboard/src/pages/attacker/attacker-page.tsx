import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ChevronLeft, ScrollText } from "lucide-react";
import type { AttackerDetail } from "../../api/model.ts";
import { attackerOne } from "../../api/queries.ts";
import { changed } from "../../api/search-params.ts";
import { ActivityMark } from "../../parts/activity.tsx";
import { Badge, Service } from "../../parts/badge.tsx";
import { CopyButton } from "../../parts/copy.tsx";
import { Count } from "../../parts/number.tsx";
import { Page } from "../../parts/panel.tsx";
import { condition } from "../../parts/query-text.ts";
import { Country } from "../../parts/source.tsx";
import { Loaded, Skeleton } from "../../parts/states.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Time } from "../../parts/time.tsx";
import { Untrusted } from "../../parts/untrusted.tsx";
import "./attacker.css";
import { Commands } from "./commands.tsx";
import { Credentials, Files, Sessions } from "./lists.tsx";
import { type TabId } from "./search.ts";
import { Timeline } from "./timeline.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/attackers/$id");

export function AttackerPage() {
  const { id } = route.useParams();
  const query = useQuery(attackerOne(id));
  return (
    <Page
      fills
      title={
        <span className="cluster">
          <Link to="/attackers" className="back" aria-label={words.back}>
            <ChevronLeft size={16} aria-hidden="true" />
          </Link>
          {query.data ? <Heading attacker={query.data} /> : words.title}
        </span>
      }
      actions={
        query.data ? (
          <Link
            to="/logs"
            search={{ search: condition("attacker", query.data.ip) }}
            className="button button-plain"
          >
            <ScrollText size={14} aria-hidden="true" />
            {words.events}
          </Link>
        ) : null
      }
    >
      <Loaded query={query} skeleton={<Skeleton lines={10} />}>
        {(attacker) => <Detail attacker={attacker} />}
      </Loaded>
    </Page>
  );
}

function Heading({ attacker }: { readonly attacker: AttackerDetail }) {
  return (
    <>
      <Untrusted text={attacker.ip} limit={64} fixed />
      <CopyButton text={attacker.ip} label={words.copy} />
      <ActivityMark activity={attacker.activity} />
      {attacker.counts.sessions_open > 0 ? (
        <Link to="/sessions" search={{ attacker: attacker.uuid, state: "open" }} className="badge badge-good">
          <span className="dot dot-live" aria-hidden="true" />
          {words.inside(attacker.counts.sessions_open)}
        </Link>
      ) : null}
      {attacker.confirmed ? null : (
        <Badge tone="warning" title={words.unconfirmedHint}>
          {words.unconfirmed}
        </Badge>
      )}
      {attacker.benign ? <Badge tone="good">{words.benign}</Badge> : null}
    </>
  );
}

function Detail({ attacker }: { readonly attacker: AttackerDetail }) {
  const { tab = "timeline" } = route.useSearch();
  const navigate = useNavigate();
  const { counts } = attacker;
  const open = (next: TabId) =>
    void navigate({
      to: ".",
      search: changed({ tab: next === "timeline" ? undefined : next }),
    });
  return (
    <div className="attacker">
      <Summary attacker={attacker} />
      <Tabs
        label={words.title}
        current={tab}
        onChange={open}
        tabs={[
          { id: "timeline", label: words.tabs.timeline },
          { id: "commands", label: words.tabs.commands, count: <Count value={counts.commands} /> },
          { id: "credentials", label: words.tabs.credentials, count: <Count value={counts.credentials} /> },
          { id: "sessions", label: words.tabs.sessions, count: <Count value={counts.sessions} /> },
          { id: "files", label: words.tabs.files, count: <Count value={counts.artifacts} /> },
        ]}
      >
        <div className="panel attacker-list">
          <Shown tab={tab} attacker={attacker} />
        </div>
      </Tabs>
    </div>
  );
}

function Shown({ tab, attacker }: { readonly tab: TabId; readonly attacker: AttackerDetail }) {
  const { uuid } = attacker;
  switch (tab) {
    case "timeline":
      return <Timeline uuid={uuid} />;
    case "commands":
      return <Commands uuid={uuid} services={attacker.services} />;
    case "credentials":
      return <Credentials uuid={uuid} />;
    case "sessions":
      return <Sessions uuid={uuid} />;
    case "files":
      return <Files uuid={uuid} />;
  }
}

/** Who this is, in one glance and in words; every value is the server's. */
function Summary({ attacker }: { readonly attacker: AttackerDetail }) {
  const interacted = attacker.service_activity.filter(({ kind }) => kind === "interacted");
  const scanned = attacker.service_activity.filter(({ kind }) => kind === "scanned");
  return (
    <section className="panel attacker-summary" aria-label={words.summary}>
      <dl className="attacker-facts">
        <div>
          <dt>{words.facts.first}</dt>
          <dd>
            <Time at={attacker.first_seen} />
          </dd>
        </div>
        <div>
          <dt>{words.facts.last}</dt>
          <dd>
            <Time at={attacker.last_seen} />
          </dd>
        </div>
        <div>
          <dt>{words.facts.events}</dt>
          <dd>
            <Link to="/logs" search={{ search: condition("attacker", attacker.ip) }} className="quiet-link">
              <Count value={attacker.counts.events} />
            </Link>
          </dd>
        </div>
        <div>
          <dt>{words.network}</dt>
          <dd>
            <Network attacker={attacker} />
          </dd>
        </div>
        {attacker.ptr_record === null ? null : (
          <div>
            <dt>{words.ptr}</dt>
            <dd>
              <Untrusted text={attacker.ptr_record} limit={80} />
            </dd>
          </div>
        )}
      </dl>
      <div className="attacker-words">
        {attacker.behavior_class === null ? null : (
          <p>{words.classed(attacker.behavior_class.replaceAll("_", " "))}</p>
        )}
        <p>
          {words.touched(attacker.decky_count)}{" "}
          {attacker.deckies_seen.map(({ decky }, index) => (
            <span key={decky}>
              {index > 0 ? <span className="faint"> → </span> : null}
              <Link
                to="/logs"
                search={{ search: `${condition("attacker", attacker.ip)} ${condition("decky", decky)}` }}
                className="link data"
              >
                {decky}
              </Link>
            </span>
          ))}
        </p>
        <Services
          label={words.interacted}
          names={interacted.map(({ service }) => service)}
          ip={attacker.ip}
        />
        <Services label={words.scanned} names={scanned.map(({ service }) => service)} ip={attacker.ip} />
      </div>
    </section>
  );
}

function Network({ attacker }: { readonly attacker: AttackerDetail }) {
  return (
    <span className="cluster">
      {attacker.country_code === null ? null : <Country code={attacker.country_code} named />}
      {attacker.asn === null ? (
        <span className="muted">{attacker.ip_scope?.replaceAll("_", " ") ?? words.unknown}</span>
      ) : (
        <Link to="/attackers" search={{ asn: attacker.asn }} className="quiet-link">
          AS{attacker.asn} <Untrusted text={attacker.as_name} limit={60} fixed />
        </Link>
      )}
    </span>
  );
}

interface ServicesProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly ip: string;
}

function Services({ label, names, ip }: ServicesProps) {
  if (names.length === 0) return null;
  return (
    <p>
      {label}{" "}
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 ? ", " : ""}
          <Link
            to="/logs"
            search={{ search: `${condition("attacker", ip)} ${condition("service", name)}` }}
            className="quiet-link"
          >
            <Service name={name} />
          </Link>
        </span>
      ))}
      .
    </p>
  );
}
