import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { FacetValue, LogFacets } from "../../api/model.ts";
import { facets } from "../../api/queries.ts";
import { changed } from "../../api/search-params.ts";
import { BarList } from "../../parts/bar-list.tsx";
import { countryName } from "../../parts/countries.ts";
import { Panel } from "../../parts/panel.tsx";
import { condition, withToken } from "../../parts/query-text.ts";
import { Loaded } from "../../parts/states.tsx";
import { exactNumber } from "../../parts/units.ts";
import { Untrusted } from "../../parts/untrusted.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/logs");

const groups = [
  { name: "service", key: "service" },
  { name: "event_type", key: "event" },
  { name: "attacker", key: "attacker" },
  { name: "decky", key: "decky" },
  { name: "country", key: "country" },
] as const satisfies readonly { name: keyof LogFacets; key: string }[];

const SHOWN = 7;

/** The most frequent values of what is listed; each narrows the list to itself. */
export function Facets() {
  const { search = "", range, from, to } = route.useSearch();
  const query = useQuery(facets({ search, range: { range, from, to } }));
  return (
    <div className="facets">
      <Loaded query={query}>
        {(found) => (
          <div className="stack facets-stack">
            {groups.map(({ name, key }) => (
              <Facet key={name} name={name} token={key} values={found[name]} search={search} />
            ))}
            {found.exact ? null : (
              <p className="muted small">{words.facetPart(exactNumber(found.scanned))}</p>
            )}
          </div>
        )}
      </Loaded>
    </div>
  );
}

interface FacetProps {
  readonly name: (typeof groups)[number]["name"];
  readonly token: string;
  readonly values: readonly FacetValue[];
  readonly search: string;
}

function Facet({ name, token, values, search }: FacetProps) {
  const title = words.facets[name];
  if (values.length === 0) return null;
  return (
    <Panel title={title}>
      <BarList
        label={title}
        bars={values.slice(0, SHOWN).map(({ value, count }) => ({
          key: value,
          label: (
            <Untrusted
              text={name === "country" ? `${value} ${countryName(value)}` : value}
              limit={40}
              fixed
            />
          ),
          count,
        }))}
        link={(bar, content, className) => (
          <Link
            to="/logs"
            search={changed({ search: withToken(search, condition(token, bar.key)), open: undefined })}
            className={className}
          >
            {content}
          </Link>
        )}
      />
    </Panel>
  );
}
