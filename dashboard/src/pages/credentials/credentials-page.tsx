import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Credential } from "../../api/model.ts";
import { credentialPages, deckies } from "../../api/queries.ts";
import { changed, chosen } from "../../api/search-params.ts";
import { Button } from "../../parts/button.tsx";
import { credentialColumns } from "../../parts/credential-columns.tsx";
import { Choice } from "../../parts/field.tsx";
import { FilterInput } from "../../parts/filter-input.tsx";
import { ListOf } from "../../parts/list-of.tsx";
import { Page, Panel } from "../../parts/panel.tsx";
import { Empty } from "../../parts/states.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Total } from "../../parts/total.tsx";

import { VisitLines } from "../../parts/visit-lines.tsx";
import "./credentials.css";
import type { CredentialsSearch } from "./search.ts";
import { TopCredentialLists } from "./top-lists.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/credentials");

function useSet() {
  const navigate = useNavigate();
  return (change: Partial<Record<keyof CredentialsSearch, string | undefined>>) =>
    void navigate({
      to: "/credentials",
      search: changed(chosen(change)),
    });
}

export function CredentialsPage() {
  const { tab = "attempts" } = route.useSearch();
  const set = useSet();
  return (
    <Page fills title={words.title} subtitle={words.acceptedHint}>
      <Tabs
        label={words.title}
        current={tab}
        tabs={[
          { id: "attempts", label: words.tabs.attempts },
          { id: "top", label: words.tabs.top },
        ]}
        onChange={(next) => set({ tab: next === "attempts" ? undefined : next })}
      >
        {tab === "attempts" ? <Attempts /> : <TopCredentialLists />}
      </Tabs>
    </Page>
  );
}

function Attempts() {
  const { range, from, to, tab: _tab, ...filter } = route.useSearch();
  const navigate = useNavigate();
  const set = useSet();
  const span = useMemo(() => ({ range, from, to }), [range, from, to]);
  const query = useInfiniteQuery(credentialPages(filter, span));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  const first = query.data?.pages[0];
  const open = (row: Credential) => {
    if (row.attacker_uuid !== null)
      void navigate({
        to: "/attackers/$id",
        params: { id: row.attacker_uuid },
        search: { tab: "credentials" },
      });
  };
  return (
    <div className="credentials-attempts">
      <Filters />
      <Panel
        className="fills"
        title={
          <Total
            page={first}
            fallback={words.tabs.attempts}
            exact={words.count}
            atLeast={words.atLeast}
            note={words.shown}
          />
        }
      >
        <ListOf
          query={query}
          label={words.tabs.attempts}
          columns={credentialColumns}
          rows={rows}
          rowKey={(row) => row.id}
          onOpen={open}
          sort={filter.sort ?? "-last_seen"}
          onSort={(sort) => set({ sort: sort === "-last_seen" ? undefined : sort })}
          empty={<NoCredentials filter={filter} />}
        />
      </Panel>
    </div>
  );
}

function Filters() {
  const search = route.useSearch();
  const set = useSet();
  const known = useQuery(deckies()).data?.data ?? [];
  const services = [...new Set(known.flatMap((decky) => decky.services.map(({ name }) => name)))].sort();
  return (
    <div className="cluster filters">
      <FilterInput
        label={words.search}
        placeholder={words.placeholder}
        value={search.search ?? ""}
        onRun={(text) => set({ search: text })}
      />
      <Choice
        label={words.outcome}
        value={search.outcome ?? ""}
        onChange={(outcome) => set({ outcome })}
        choices={[
          { value: "", label: words.anyOutcome },
          { value: "success", label: words.accepted },
          { value: "failure", label: words.refused },
        ]}
      />
      <Choice
        label={words.service}
        value={search.service ?? ""}
        onChange={(service) => set({ service })}
        choices={[
          { value: "", label: words.anyService },
          ...services.map((value) => ({ value, label: value })),
        ]}
      />
      <Choice
        label={words.decky}
        value={search.decky ?? ""}
        onChange={(decky) => set({ decky })}
        choices={[
          { value: "", label: words.anyDecky },
          ...known.map(({ name }) => ({ value: name, label: name })),
        ]}
      />
      {search.attacker_ip === undefined ? null : (
        <Button isPressed onClick={() => set({ attacker_ip: undefined })}>
          {words.attacker} {search.attacker_ip} ✕
        </Button>
      )}
    </div>
  );
}

function NoCredentials({ filter }: { readonly filter: CredentialsSearch }) {
  const navigate = useNavigate();
  const known = useQuery(deckies()).data?.data ?? [];
  const isFiltered = Object.keys(filter).some((key) => key !== "sort");
  const widen = (
    <Button
      onClick={() =>
        void navigate({
          to: "/credentials",
          search: changed({ range: "7d", from: undefined, to: undefined }),
        })
      }
    >
      {words.widen}
    </Button>
  );
  if (isFiltered)
    return (
      <Empty title={words.empty}>
        <p>{words.emptyBody}</p>
        <div className="cluster">
          <Button onClick={() => void navigate({ to: "/credentials", search: {} })}>{words.drop}</Button>
          {widen}
        </div>
      </Empty>
    );
  return (
    <Empty title={words.emptyEver}>
      {widen}
      <p>{words.emptyEverBody}</p>
      <VisitLines deckies={known} most={3} />
    </Empty>
  );
}
