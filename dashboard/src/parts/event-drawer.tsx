import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Minus, Plus, SquareTerminal, UserRoundSearch } from "lucide-react";
import type { ReactNode } from "react";
import type { LogDetail, LogEvent } from "../api/model.ts";
import { logOne } from "../api/queries.ts";
import { changed } from "../api/search-params.ts";
import { Badge, Service } from "./badge.tsx";
import { CopyButton, DefangedCopyButton } from "./copy.tsx";
import { Drawer } from "./drawer.tsx";
import { EventLine } from "./event-line.tsx";
import { words } from "./event-words.ts";
import { condition, withToken } from "./query-text.ts";
import { Severity } from "./severity.tsx";
import { Country, Source } from "./source.tsx";
import { Loaded, Skeleton } from "./states.tsx";
import { Time } from "./time.tsx";
import { Untrusted } from "./untrusted.tsx";
import { plainMarks } from "./untrusted-marks.ts";

interface EventDrawerProps {
  readonly id: string;
  readonly onClose: () => void;
  /** The search that a pivot adds to. */
  readonly search?: string;
}

export function EventDrawer({ id, onClose, search = "" }: EventDrawerProps) {
  const query = useQuery(logOne(id));
  return (
    <Drawer title={query.data ? <Title event={query.data} /> : words.event} onClose={onClose}>
      <Loaded query={query} skeleton={<Skeleton lines={14} />}>
        {(event) => <EventDetail event={event} search={search} />}
      </Loaded>
    </Drawer>
  );
}

function Title({ event }: { readonly event: LogEvent }) {
  return (
    <>
      <Severity value={event.severity} />
      <Service name={event.service} />
      <span className="data">{event.event_type}</span>
    </>
  );
}

function EventDetail({ event, search }: { readonly event: LogDetail; readonly search: string }) {
  return (
    <div className="stack event-detail">
      <p className="event-told">
        <EventLine event={event} />
      </p>
      <div className="cluster">
        {event.links.session !== null ? (
          <Link to="/sessions/$id" params={{ id: event.links.session }} className="button button-plain">
            <SquareTerminal size={14} aria-hidden="true" />
            {words.openSession}
          </Link>
        ) : null}
        {event.links.attacker !== null ? (
          <Link to="/attackers/$id" params={{ id: event.links.attacker }} className="button button-plain">
            <UserRoundSearch size={14} aria-hidden="true" />
            {words.openAttacker}
          </Link>
        ) : null}
      </div>
      <Claimed event={event} />
      <Identity event={event} search={search} />
      <Fields title={words.fields} fields={event.fields} prefix="field." search={search} />
      {event.command ? <Fields title={words.command} fields={event.command} search={search} /> : null}
      {event.msg === "" ? null : (
        <section>
          <h3 className="section-title">{words.message}</h3>
          <Untrusted text={event.msg} block />
        </section>
      )}
      <section>
        <h3 className="section-title spread">
          {words.raw}
          {event.raw_line === null ? null : <CopyButton text={event.raw_line} />}
        </h3>
        {event.raw_line === null ? (
          <p className="muted small">{words.rawHidden}</p>
        ) : (
          <div className="raw">
            <Untrusted text={event.raw_line} block />
          </div>
        )}
      </section>
      <Neighbours event={event} />
    </div>
  );
}

function Claimed({ event }: { readonly event: LogDetail }) {
  const claims = Object.entries(event.claimed ?? {});
  if (claims.length === 0) return null;
  return (
    <section className="claimed">
      <h3>{words.claimed}</h3>
      <p className="small">{words.claimedHint}</p>
      <dl className="facts">
        {claims.map(([name, value]) => (
          <Fact key={name} name={name}>
            <Untrusted text={value} />
          </Fact>
        ))}
      </dl>
    </section>
  );
}

function Identity({ event, search }: { readonly event: LogDetail; readonly search: string }) {
  const pivot = (key: string, value: string) => <Pivots token={key} value={value} search={search} />;
  return (
    <section>
      <h3 className="section-title">{words.identity}</h3>
      <dl className="facts">
        <Fact name={words.received}>
          <Time at={event.received} form="full" />
        </Fact>
        <Fact name={words.time}>
          {event.time_source === "line" ? (
            <Time at={event.time} form="full" />
          ) : (
            <span className="muted">{words.timeReceived}</span>
          )}
        </Fact>
        <Fact name={words.decky} pivots={pivot("decky", event.decky)}>
          <span className="data">{event.decky}</span>
        </Fact>
        <Fact name={words.service} pivots={pivot("service", event.service)}>
          <Service name={event.service} />
        </Fact>
        <Fact name={words.type} pivots={pivot("event", event.event_type)}>
          <span className="data">{event.event_type}</span>
        </Fact>
        <Fact
          name={words.source}
          pivots={event.attacker_ip === null ? null : pivot("attacker", event.attacker_ip)}
        >
          <Source ip={event.attacker_ip} />
          {event.country_code === null ? null : <Country code={event.country_code} named />}
          {event.benign ? <Badge tone="good">{words.benign}</Badge> : null}
        </Fact>
        <Fact name={words.attribution}>{words.attributions[event.attribution]}</Fact>
        <Fact name={words.origin}>{words.origins[event.origin]}</Fact>
        {event.user === null ? null : (
          <Fact name={words.user}>
            <Untrusted text={event.user} />
          </Fact>
        )}
        <Fact name={words.host}>
          <span className="data">{event.source.host}</span>
          {event.source.container === null ? null : (
            <span className="data muted"> {event.source.container}</span>
          )}
        </Fact>
        {event.flags.length === 0 ? null : (
          <Fact name={words.flags}>
            <span className="cluster">
              {event.flags.map((flag) => (
                <Badge key={flag} tone="warning">
                  {flag}
                </Badge>
              ))}
            </span>
          </Fact>
        )}
      </dl>
    </section>
  );
}

interface FieldsProps {
  readonly title: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Of the search key; without it the values cannot be asked for. */
  readonly prefix?: string;
  readonly search: string;
}

const KEY_THAT_CAN_BE_ASKED = /^[A-Za-z0-9_.-]{1,64}$/;

function Fields({ title, fields, prefix, search }: FieldsProps) {
  const entries = Object.entries(fields);
  return (
    <section>
      <h3 className="section-title">{title}</h3>
      {entries.length === 0 ? (
        <p className="muted small">{words.noFields}</p>
      ) : (
        <dl className="facts">
          {entries.map(([name, value]) => (
            <Fact
              key={name}
              name={<Untrusted text={name} limit={64} fixed />}
              pivots={
                prefix !== undefined && KEY_THAT_CAN_BE_ASKED.test(name) && value !== "" ? (
                  <Pivots token={`${prefix}${name}`} value={value} search={search} />
                ) : null
              }
            >
              <Untrusted text={value} block limit={600} />
            </Fact>
          ))}
        </dl>
      )}
    </section>
  );
}

interface FactProps {
  readonly name: ReactNode;
  readonly pivots?: ReactNode;
  readonly children: ReactNode;
}

function Fact({ name, pivots, children }: FactProps) {
  return (
    <>
      <dt>{name}</dt>
      <dd className={pivots ? "fact-value" : undefined}>
        <div className="fact-text">{children}</div>
        {pivots}
      </dd>
    </>
  );
}

/** A search holds at most 512 characters; longer values can still be copied. */
const LONGEST_PIVOT = 300;

interface PivotsProps {
  readonly token: string;
  readonly value: string;
  readonly search: string;
}

/** Narrow the list to a value, leave it out, or copy it. */
function Pivots({ token, value, search }: PivotsProps) {
  const label = plainMarks(value, 40);
  const canAsk = value.length <= LONGEST_PIVOT;
  return (
    <span className="pivots">
      {canAsk ? (
        <>
          <Link
            to="/logs"
            search={{ search: withToken(search, condition(token, value)) }}
            className="icon-button"
            aria-label={words.only(label)}
            title={words.only(label)}
          >
            <Plus size={13} aria-hidden="true" />
          </Link>
          <Link
            to="/logs"
            search={{ search: withToken(search, condition(token, value, true)) }}
            className="icon-button"
            aria-label={words.without(label)}
            title={words.without(label)}
          >
            <Minus size={13} aria-hidden="true" />
          </Link>
        </>
      ) : null}
      <CopyButton text={value} />
      <DefangedCopyButton text={value} />
    </span>
  );
}

function Neighbours({ event }: { readonly event: LogDetail }) {
  const { neighbours } = event.links;
  if (neighbours.length === 0) return null;
  return (
    <section>
      <h3 className="section-title">{words.neighbours}</h3>
      <ol className="neighbours">
        {neighbours.map((each) => (
          <li key={each.id}>
            <Link
              to="."
              search={changed({ open: each.id })}
              replace
              className="neighbour"
              aria-current={each.id === event.id}
            >
              <Time at={each.received} form="clock" />
              <span className="truncate">
                <EventLine event={each} />
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
