import { countryName } from "./countries.ts";
import "./marks.css";
import { Untrusted } from "./untrusted.tsx";
import { words } from "./words.ts";

interface SourceProps {
  readonly ip: string | null;
  readonly country?: string | null | undefined;
}

/** An address with its country: code in a small plate, name on hover. Never a link to the outside. */
export function Source({ ip, country }: SourceProps) {
  return (
    <span className="source">
      {country ? <Country code={country} /> : null}
      {ip === null ? (
        <span className="faint">{words.unknown}</span>
      ) : (
        <Untrusted text={ip} limit={64} fixed />
      )}
    </span>
  );
}

export function Country({ code, named = false }: { readonly code: string | null; readonly named?: boolean }) {
  if (!code) return <span className="faint">{words.unknown}</span>;
  const name = countryName(code);
  return (
    <span className="source">
      <span className="country" title={name}>
        {code}
      </span>
      {named ? <span className="truncate">{name}</span> : null}
    </span>
  );
}
