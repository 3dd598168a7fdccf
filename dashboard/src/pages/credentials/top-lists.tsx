import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TopCredential } from "../../api/model.ts";
import { topCredentials } from "../../api/queries.ts";
import { type Bar, BarList } from "../../parts/bar-list.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty, Loaded } from "../../parts/states.tsx";
import { Untrusted } from "../../parts/untrusted.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/credentials");
const LONGEST_SEARCH = 200;

type By = "pair" | "principal" | "secret";

interface CredentialBar extends Bar {
  readonly value: TopCredential;
}

export function TopCredentialLists() {
  return (
    <div className="credentials-top">
      <TopOf by="pair" />
      <TopOf by="principal" />
      <TopOf by="secret" />
    </div>
  );
}

function TopOf({ by }: { readonly by: By }) {
  const { range, from, to } = route.useSearch();
  const query = useQuery(topCredentials(by, { range, from, to }));
  return (
    <Panel title={words.top[by]}>
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={words.topEmpty} compact />
          ) : (
            <BarList
              label={words.top[by]}
              bars={data.map((value, index) => barOf(by, value, index))}
              link={(bar, content, className) => (
                <Behind by={by} value={(bar as CredentialBar).value} className={className}>
                  {content}
                </Behind>
              )}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Principal({ text }: { readonly text: string | null }) {
  return text === null ? (
    <span className="faint">{words.noUser}</span>
  ) : (
    <Untrusted text={text} limit={60} fixed />
  );
}

function Secret({ text }: { readonly text: string | null }) {
  if (text === null) return <span className="faint">{words.masked}</span>;
  return text === "" ? (
    <span className="faint">{words.emptySecret}</span>
  ) : (
    <Untrusted text={text} limit={60} fixed />
  );
}

function barOf(by: By, value: TopCredential, index: number): CredentialBar {
  const label =
    by === "principal" ? (
      <Principal text={value.principal} />
    ) : by === "secret" ? (
      <Secret text={value.secret} />
    ) : (
      <>
        <Principal text={value.principal} /> <span className="faint">/</span> <Secret text={value.secret} />
      </>
    );
  return {
    key: `${index}-${value.principal ?? ""}-${value.secret ?? ""}`,
    label,
    count: value.attempts,
    note: words.byAttackers(value.attackers),
    value,
  };
}

interface BehindProps {
  readonly by: By;
  readonly value: TopCredential;
  readonly className: string;
  readonly children: ReactNode;
}

function Behind({ by, value, className, children }: BehindProps) {
  const text = by === "secret" ? value.secret : value.principal;
  if (!text) return <span className={className}>{children}</span>;
  return (
    <Link to="/credentials" search={{ search: text.slice(0, LONGEST_SEARCH) }} className={className}>
      {children}
    </Link>
  );
}
