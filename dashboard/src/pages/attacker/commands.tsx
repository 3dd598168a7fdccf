import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Command } from "../../api/model.ts";
import { attackerCommands } from "../../api/queries.ts";
import { changed, chosen } from "../../api/search-params.ts";
import { choicesOf } from "../../parts/choices.ts";
import { atColumn, deckyColumn, serviceColumn } from "../../parts/columns.tsx";
import { Choice } from "../../parts/field.tsx";
import { FilterInput } from "../../parts/filter-input.tsx";
import { ListOf } from "../../parts/list-of.tsx";
import { Empty } from "../../parts/states.tsx";
import type { Column } from "../../parts/table.tsx";
import { Untrusted } from "../../parts/untrusted.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/attackers/$id");

const columns: readonly Column<Command>[] = [
  atColumn,
  {
    id: "command",
    header: words.columns.command,
    width: "minmax(280px, 1fr)",
    cell: (row) => <Untrusted text={row.command_text} limit={240} fixed />,
  },
  {
    id: "known",
    header: words.columns.known,
    width: "84px",
    notInCard: true,
    cell: (row) =>
      row.known === null ? null : (
        <span className={row.known ? "muted" : "tone-warning"} title={words.knownHint}>
          {row.known ? words.known : words.unknown}
        </span>
      ),
  },
  {
    id: "exit",
    header: words.columns.exit,
    width: "44px",
    align: "end",
    notInCard: true,
    cell: (row) => <span className="num muted">{row.exit_code}</span>,
  },
  {
    id: "user",
    header: words.columns.user,
    width: "90px",
    from: 1000,
    cell: (row) => (row.user === null ? null : <Untrusted text={row.user} limit={32} fixed />),
  },
  serviceColumn,
  { ...deckyColumn, from: 1100, notInCard: true },
];

interface CommandsProps {
  readonly uuid: string;
  readonly services: readonly string[];
}

export function Commands({ uuid, services }: CommandsProps) {
  const { search = "", service } = route.useSearch();
  const navigate = useNavigate();
  const query = useInfiniteQuery(attackerCommands(uuid, search, service));
  const set = (change: Partial<Record<"search" | "service", string>>) =>
    void navigate({
      to: ".",
      search: changed(chosen(change)),
    });
  const isFiltered = search !== "" || service !== undefined;
  return (
    <>
      <div className="cluster attacker-filters">
        <FilterInput
          label={words.commandsSearch}
          placeholder={words.commandsPlaceholder}
          value={search}
          onRun={(text) => set({ search: text })}
        />
        <Choice
          label={words.service}
          value={service ?? ""}
          onChange={(value) => set({ service: value })}
          choices={choicesOf(words.anyService, services)}
        />
      </div>
      <ListOf
        label={words.tabs.commands}
        query={query}
        columns={columns}
        rowKey={(row) => row.id}
        onOpen={(row) =>
          void navigate({ to: "/sessions/$id", params: { id: row.session_id }, search: { n: row.n } })
        }
        empty={
          <Empty title={isFiltered ? words.commandsFiltered : words.commandsEmpty}>
            {isFiltered ? null : <p>{words.commandsEmptyBody}</p>}
          </Empty>
        }
      />
    </>
  );
}
