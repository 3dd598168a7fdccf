import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { deckies } from "../../api/queries.ts";
import { changed } from "../../api/search-params.ts";
import { Button } from "../../parts/button.tsx";
import { Widen } from "../../parts/nothing-listed.tsx";
import { parseTokens, withoutToken } from "../../parts/query-text.ts";
import { Empty } from "../../parts/states.tsx";
import { plainMarks } from "../../parts/untrusted-marks.ts";
import { VisitLines } from "../../parts/visit-lines.tsx";
import { words } from "./words.ts";

interface NoEventsProps {
  readonly search: string;
  /** Nothing narrows the list but the time. */
  readonly isEver: boolean;
}

/** Why the list is empty, and the step out of it. */
export function NoEvents({ search, isEver }: NoEventsProps) {
  const navigate = useNavigate();
  const known = useQuery(deckies()).data?.data ?? [];
  const tokens = parseTokens(search) ?? [];
  const go = (next: string) =>
    void navigate({ to: ".", search: changed({ search: next === "" ? undefined : next }) });
  if (isEver)
    return (
      <Empty title={words.empty}>
        <Widen />
        {known.length > 0 ? (
          <>
            <p>{words.emptyEverBody}</p>
            <VisitLines deckies={known} most={3} />
          </>
        ) : null}
      </Empty>
    );
  return (
    <Empty title={words.empty}>
      <div className="cluster">
        {tokens.slice(0, 6).map((token) => (
          <Button key={token.raw} onClick={() => go(withoutToken(search, token.raw))}>
            {words.emptyDrop(plainMarks(token.raw, 40))}
          </Button>
        ))}
        {tokens.length > 1 ? <Button onClick={() => go("")}>{words.emptyAll}</Button> : null}
        <Widen />
      </div>
    </Empty>
  );
}
