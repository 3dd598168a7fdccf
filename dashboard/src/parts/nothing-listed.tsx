import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { deckies } from "../api/queries.ts";
import { changed } from "../api/search-params.ts";
import { Button } from "./button.tsx";
import { Empty } from "./states.tsx";
import { VisitLines } from "./visit-lines.tsx";
import { words as shared } from "./words.ts";

/** Takes the present page to the span that a person tries first when nothing is there. */
export function Widen() {
  const navigate = useNavigate();
  return (
    <Button
      onClick={() =>
        void navigate({
          to: ".",
          search: changed({ range: "7d", from: undefined, to: undefined }),
        })
      }
    >
      {shared.widen}
    </Button>
  );
}

interface NothingListedProps {
  /** What narrows the list beside the span; its order narrows nothing. */
  readonly filter: object;
  readonly words: {
    readonly empty: string;
    readonly emptyEver: string;
    readonly emptyEverBody: string;
  };
}

/** Why the list of the present page is empty, and the step out of it. */
export function NothingListed({ filter, words }: NothingListedProps) {
  const navigate = useNavigate();
  const known = useQuery(deckies()).data?.data ?? [];
  const isFiltered = Object.keys(filter).some((key) => key !== "sort");
  if (isFiltered)
    return (
      <Empty title={words.empty}>
        <p>{shared.loosen}</p>
        <div className="cluster">
          <Button onClick={() => void navigate({ to: ".", search: {} })}>{shared.dropFilters}</Button>
          <Widen />
        </div>
      </Empty>
    );
  return (
    <Empty title={words.emptyEver}>
      <Widen />
      <p>{words.emptyEverBody}</p>
      <VisitLines deckies={known} most={3} />
    </Empty>
  );
}
