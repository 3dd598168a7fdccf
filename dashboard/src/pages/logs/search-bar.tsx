import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Search, X } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { facets } from "../../api/queries.ts";
import { changed } from "../../api/search-params.ts";
import { Button } from "../../parts/button.tsx";
import { Choice } from "../../parts/field.tsx";
import { parseTokens, withoutToken } from "../../parts/query-text.ts";
import { severityWord } from "../../parts/severity.tsx";
import { plainMarks } from "../../parts/untrusted-marks.ts";
import { complete, type Suggestion, suggest } from "./suggest.ts";
import { words } from "./words.ts";

const route = getRouteApi("/logs");
const THRESHOLDS = [5, 4, 3, 2];
const SEVERITY = /^severity:0\.\.([0-7])$/;

/** The search text with its conditions as chips. The text in the URL is the only state that counts. */
export function SearchBar() {
  const { search = "" } = route.useSearch();
  const navigate = useNavigate();
  const tokens = parseTokens(search) ?? [];
  const run = (next: string) =>
    void navigate({
      to: ".",
      search: changed({ search: next.trim() === "" ? undefined : next.trim(), open: undefined }),
    });
  const severity =
    tokens.map(({ raw }) => SEVERITY.exec(raw)?.[1]).find((found) => found !== undefined) ?? "";
  return (
    <div className="search-bar">
      <SearchField key={search} initial={search} onRun={run} />
      <div className="cluster chips" role="group" aria-label={words.search}>
        <Choice
          label={words.severity}
          value={severity}
          onChange={(value) => {
            const rest = tokens.filter(({ raw }) => !SEVERITY.test(raw)).map(({ raw }) => raw);
            run([...rest, ...(value === "" ? [] : [`severity:0..${value}`])].join(" "));
          }}
          choices={[
            { value: "", label: words.anySeverity },
            ...THRESHOLDS.map((value) => ({ value: String(value), label: words.worse(severityWord(value)) })),
          ]}
        />
        {tokens
          .filter(({ raw }) => !SEVERITY.test(raw))
          .map((token) => (
            <button
              key={token.raw}
              type="button"
              className={token.negated ? "chip is-negated" : "chip"}
              aria-label={words.remove(plainMarks(token.raw, 60))}
              title={words.remove(plainMarks(token.raw, 200))}
              onClick={() => run(withoutToken(search, token.raw))}
            >
              <bdi className="data truncate">{plainMarks(token.raw, 60)}</bdi>
              <X size={12} aria-hidden="true" />
            </button>
          ))}
        {tokens.length > 1 ? (
          <Button kind="quiet" onClick={() => run("")}>
            {words.clear}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

interface SearchFieldProps {
  readonly initial: string;
  readonly onRun: (text: string) => void;
}

function SearchField({ initial, onRun }: SearchFieldProps) {
  const base = useId();
  const { range, from, to } = route.useSearch();
  const [text, setText] = useState(initial);
  const [caret, setCaret] = useState(initial.length);
  const [index, setIndex] = useState(-1);
  const [isOpen, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const values = useQuery({ ...facets({ search: "", range: { range, from, to } }), enabled: isOpen }).data;
  const suggestions = isOpen ? suggest(text, caret, values) : [];
  const chosen = suggestions[index];

  const take = (suggestion: Suggestion) => {
    const next = complete(text, caret, suggestion);
    setText(next.text);
    setCaret(next.caret);
    setIndex(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      setOpen(false);
    } else if ((event.key === "Enter" || event.key === "Tab") && chosen) {
      event.preventDefault();
      take(chosen);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && suggestions.length > 0) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setIndex(
        (index + step + suggestions.length + (index === -1 && step === -1 ? 1 : 0)) % suggestions.length,
      );
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setOpen(false);
    onRun(text);
  };
  // The caret decides what is being typed; it moves without a change of the text too.
  useEffect(() => setIndex(-1), [text]);

  return (
    <form className="search search-wide" onSubmit={submit}>
      <Search size={14} aria-hidden="true" />
      <input
        ref={input}
        className="input data"
        type="text"
        role="combobox"
        aria-label={words.search}
        aria-expanded={suggestions.length > 0}
        aria-controls={`${base}-list`}
        aria-autocomplete="list"
        aria-activedescendant={chosen ? `${base}-${index}` : undefined}
        placeholder={words.placeholder}
        maxLength={512}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={text}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length);
          setOpen(true);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${base}-list`}
        role="listbox"
        aria-label={words.suggestions}
        className="suggestions"
        hidden={suggestions.length === 0}
      >
        {suggestions.map((suggestion, position) => (
          // biome-ignore lint/a11y: the keys belong to the field; an option is only pointed at
          <div
            key={suggestion.insert}
            id={`${base}-${position}`}
            role="option"
            aria-selected={position === index}
            className="suggestion data"
            onPointerDown={(event) => {
              event.preventDefault();
              take(suggestion);
            }}
          >
            {plainMarks(suggestion.label, 80)}
          </div>
        ))}
      </div>
      <Button submits>{words.run}</Button>
    </form>
  );
}
