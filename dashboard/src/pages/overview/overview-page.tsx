import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { histogram } from "../../api/queries.ts";
import { bounds, intervalMinutes } from "../../api/range.ts";
import { Page, Panel } from "../../parts/panel.tsx";
import { Empty, Loaded, Skeleton } from "../../parts/states.tsx";
import { TimeChart } from "../../parts/time-chart.tsx";
import { Counters } from "./counters.tsx";
import { DeckyPanel } from "./decky-panel.tsx";
import { LiveFeed } from "./live-feed.tsx";
import { OpenSessions } from "./open-sessions.tsx";
import "./overview.css";
import { TopList } from "./top-list.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/");
const CHART_HEIGHT = 132;

export function OverviewPage() {
  return (
    <Page title={words.title}>
      <Counters />
      <HistogramPanel />
      <div className="overview-main">
        <LiveFeed />
        <div className="overview-side">
          <OpenSessions />
          <DeckyPanel />
        </div>
      </div>
      <div className="overview-tops">
        <TopList what="attackers" />
        <TopList what="usernames" />
        <TopList what="passwords" />
        <TopList what="commands" />
      </div>
    </Page>
  );
}

function HistogramPanel() {
  const range = route.useSearch();
  const navigate = useNavigate();
  const query = useQuery(histogram({ search: "", range }));
  const stepMs = intervalMinutes(range) * 60_000;
  const at = query.dataUpdatedAt;
  const { from, to } = useMemo(() => bounds(range, at), [range, at]);
  return (
    <Panel title={words.histogram}>
      <Loaded query={query} skeleton={<Skeleton height={CHART_HEIGHT + 30} lines={5} />}>
        {(bars) =>
          bars.length === 0 ? (
            <Empty title={words.histogramEmpty} compact />
          ) : (
            <TimeChart
              label={words.histogram}
              bars={bars.map((bar) => ({ at: Date.parse(bar.time), count: bar.count }))}
              from={from}
              to={to}
              stepMs={stepMs}
              height={CHART_HEIGHT}
              onZoom={(begin, end) =>
                void navigate({
                  to: ".",
                  search: { from: new Date(begin).toISOString(), to: new Date(end).toISOString() },
                })
              }
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
