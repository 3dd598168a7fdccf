import { useNavigate, useSearch } from "@tanstack/react-router";
import { CalendarRange } from "lucide-react";
import { type FormEvent, useState } from "react";
import { bounds, presetOf, presets, type RangeSearch } from "../api/range.ts";
import { changed } from "../api/search-params.ts";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { absoluteText, fromField, toField } from "../parts/instants.ts";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { usePreferences } from "../theme/preferences.ts";
import { words } from "./words.ts";

export function RangeMenu() {
  const range: RangeSearch = useSearch({ from: "__root__" });
  const navigate = useNavigate();
  const { zone } = usePreferences();
  const preset = presetOf(range);
  const set = (next: RangeSearch) =>
    void navigate({
      to: ".",
      search: changed({ range: undefined, from: undefined, to: undefined, ...next }),
    });
  const label =
    preset === undefined
      ? `${absoluteText(new Date(range.from ?? 0), zone).slice(5, 16)} – ${absoluteText(new Date(range.to ?? 0), zone).slice(5, 16)}`
      : words.presets[preset];
  return (
    <Menu
      label={`${words.range}: ${label}`}
      button={
        <>
          <CalendarRange size={14} aria-hidden="true" />
          <span className="num">{label}</span>
        </>
      }
    >
      {(close) => (
        <>
          {presets.map((each) => (
            <MenuItem
              key={each}
              isChosen={each === preset}
              onClick={() => {
                set({ range: each });
                close();
              }}
            >
              {words.presetsLong[each]}
            </MenuItem>
          ))}
          <hr className="menu-rule" />
          <CustomSpan
            range={range}
            onApply={(next) => {
              set(next);
              close();
            }}
          />
        </>
      )}
    </Menu>
  );
}

interface CustomSpanProps {
  readonly range: RangeSearch;
  readonly onApply: (range: RangeSearch) => void;
}

function CustomSpan({ range, onApply }: CustomSpanProps) {
  const { zone } = usePreferences();
  const now = bounds(range, Date.now());
  const [from, setFrom] = useState(toField(new Date(now.from), zone));
  const [to, setTo] = useState(toField(new Date(now.to), zone));
  const [isWrong, setWrong] = useState(false);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const begin = fromField(from, zone);
    const end = fromField(to, zone);
    if (!begin || !end || begin >= end) setWrong(true);
    else onApply({ from: begin.toISOString(), to: end.toISOString() });
  };
  const mark = zone === "utc" ? words.utc : words.local;
  return (
    <form className="menu-form" onSubmit={apply} aria-label={words.custom}>
      <Field
        label={`${words.customFrom} (${mark})`}
        type="datetime-local"
        step={1}
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      />
      <Field
        label={`${words.customTo} (${mark})`}
        type="datetime-local"
        step={1}
        value={to}
        error={isWrong ? words.customWrong : undefined}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <Button submits>{words.customApply}</Button>
    </form>
  );
}
