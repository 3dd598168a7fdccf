import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TopValue } from "../../api/model.ts";
import { top } from "../../api/queries.ts";
import { type Bar, BarList } from "../../parts/bar-list.tsx";
import { Panel } from "../../parts/panel.tsx";
import { condition, plainText } from "../../parts/query-text.ts";
import { Source } from "../../parts/source.tsx";
import { Empty, Loaded } from "../../parts/states.tsx";
import { Untrusted } from "../../parts/untrusted.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/");

type What = "attackers" | "usernames" | "passwords" | "commands";

/** Longer values cannot stand in a search text whole; their first words find them. */
const SEARCHED = 200;

interface ValueBar extends Bar {
  readonly value: TopValue;
}

export function TopList({ what }: { readonly what: What }) {
  const range = route.useSearch();
  const query = useQuery(top(what, range));
  return (
    <Panel title={words.tops[what]}>
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={words.topEmpty[what]} compact />
          ) : (
            <BarList
              label={words.tops[what]}
              bars={data.map((value, index) => barOf(what, value, index))}
              link={(bar, content, className) => (
                <ValueLink what={what} value={(bar as ValueBar).value} className={className}>
                  {content}
                </ValueLink>
              )}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function barOf(what: What, value: TopValue, index: number): ValueBar {
  const label =
    value.value === null ? (
      <span className="faint">{words.masked}</span>
    ) : what === "attackers" ? (
      <Source ip={value.value} country={value.country_code} />
    ) : (
      <Untrusted text={value.value === "" ? "(empty)" : value.value} limit={80} fixed />
    );
  return { key: `${index}-${value.value ?? ""}`, label, count: value.count, value };
}

interface ValueLinkProps {
  readonly what: What;
  readonly value: TopValue;
  readonly className: string;
  readonly children: ReactNode;
}

/** The query behind the number. */
function ValueLink({ what, value, className, children }: ValueLinkProps) {
  if (what === "attackers" && value.uuid !== null)
    return (
      <Link to="/attackers/$id" params={{ id: value.uuid }} className={className}>
        {children}
      </Link>
    );
  if (value.value === null || value.value === "") return <span className={className}>{children}</span>;
  if (what === "commands")
    return (
      <Link to="/logs" search={{ search: `event:command ${commandText(value.value)}` }} className={className}>
        {children}
      </Link>
    );
  if (what === "attackers")
    return (
      <Link to="/logs" search={{ search: condition("attacker", value.value) }} className={className}>
        {children}
      </Link>
    );
  return (
    <Link to="/credentials" search={{ search: value.value.slice(0, SEARCHED) }} className={className}>
      {children}
    </Link>
  );
}

const commandText = (text: string): string =>
  /[\p{L}\p{N}]/u.test(text)
    ? plainText(text.slice(0, SEARCHED))
    : condition("field.cmd", text.slice(0, SEARCHED));
