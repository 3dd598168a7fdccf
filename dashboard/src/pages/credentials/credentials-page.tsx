import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Credential } from "../../api/model.ts";
import { credentialPages } from "../../api/queries.ts";
import { changed, chosen } from "../../api/search-params.ts";
import { Button } from "../../parts/button.tsx";
import { choicesOf, useKnownNames } from "../../parts/choices.ts";
import { CountedList } from "../../parts/counted-list.tsx";
import { credentialColumns } from "../../parts/credential-columns.tsx";
import { Choice } from "../../parts/field.tsx";
import { FilterInput } from "../../parts/filter-input.tsx";
import { NothingListed } from "../../parts/nothing-listed.tsx";
import { Page } from "../../parts/panel.tsx";
import { Tabs } from "../../parts/tabs.tsx";
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
      <CountedList
        query={query}
        label={words.tabs.attempts}
        words={words}
        columns={credentialColumns}
        rowKey={(row) => row.id}
        onOpen={open}
        sort={filter.sort ?? "-last_seen"}
        onSort={(sort) => set({ sort: sort === "-last_seen" ? undefined : sort })}
        empty={<NothingListed filter={filter} words={words} />}
      />
    </div>
  );
}

function Filters() {
  const search = route.useSearch();
  const set = useSet();
  const known = useKnownNames();
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
        choices={choicesOf(words.anyService, known.services)}
      />
      <Choice
        label={words.decky}
        value={search.decky ?? ""}
        onChange={(decky) => set({ decky })}
        choices={choicesOf(words.anyDecky, known.deckies)}
      />
      {search.attacker_ip === undefined ? null : (
        <Button isPressed onClick={() => set({ attacker_ip: undefined })}>
          {words.attacker} {search.attacker_ip} ✕
        </Button>
      )}
    </div>
  );
}
