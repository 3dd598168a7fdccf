import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  Clock,
  Keyboard,
  KeyRound,
  LogOut,
  type LucideIcon,
  Moon,
  Search,
  Server,
  Sun,
  UserRoundSearch,
} from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { attackersMatching, deckies } from "../api/queries.ts";
import { signOut } from "../api/session.ts";
import { Dialog } from "../parts/dialog.tsx";
import { condition } from "../parts/query-text.ts";
import { plainMarks } from "../parts/untrusted-marks.ts";
import { setPreferences, usePreferences } from "../theme/preferences.ts";
import type { Layer } from "./frame.tsx";
import { places } from "./navigation.tsx";
import { words } from "./words.ts";

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly icon: LucideIcon;
  readonly isData?: boolean;
  readonly run: () => void;
}

interface PaletteProps {
  readonly onClose: () => void;
  readonly openLayer: (layer: Layer) => void;
}

const fits = (label: string, text: string): boolean => {
  const low = label.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word));
};

function useEntries(text: string, { onClose, openLayer }: PaletteProps): readonly Entry[] {
  const navigate = useNavigate();
  const { zone, theme } = usePreferences();
  const asked = useDeferredValue(text.trim());
  const known = useQuery(deckies()).data?.data ?? [];
  const matching = useQuery(attackersMatching(asked)).data?.data ?? [];
  const go = (action: () => unknown) => () => {
    onClose();
    void action();
  };
  const pages: Entry[] = places
    .flatMap(({ items }) => items)
    .map(({ to, label, icon }) => ({
      id: `go${to}`,
      label,
      kind: words.paletteGo,
      icon,
      run: go(() => navigate({ to })),
    }));
  const actions: Entry[] = [
    {
      id: "zone",
      label: `${words.zoneLabel}: ${zone === "utc" ? words.local : words.utc}`,
      icon: Clock,
      run: go(() => setPreferences({ zone: zone === "utc" ? "local" : "utc" })),
    },
    {
      id: "theme",
      label: `${words.theme}: ${theme === "light" ? words.themes.dark : words.themes.light}`,
      icon: theme === "light" ? Moon : Sun,
      run: go(() => setPreferences({ theme: theme === "light" ? "dark" : "light" })),
    },
    { id: "password", label: words.changePassword, icon: KeyRound, run: () => openLayer("password") },
    { id: "shortcuts", label: words.shortcuts, icon: Keyboard, run: () => openLayer("shortcuts") },
    { id: "out", label: words.signOut, icon: LogOut, run: go(() => signOut()) },
  ].map((action) => ({ ...action, kind: words.paletteAct }));
  const machines: Entry[] = known.slice(0, 200).map((decky) => ({
    id: `decky-${decky.name}`,
    label: decky.name,
    kind: words.paletteDecky,
    icon: Server,
    isData: true,
    run: go(() => navigate({ to: "/logs", search: { search: condition("decky", decky.name) } })),
  }));
  const people: Entry[] = matching.map((attacker) => ({
    id: `attacker-${attacker.uuid}`,
    label: attacker.ip,
    kind: words.paletteAttacker,
    icon: UserRoundSearch,
    isData: true,
    run: go(() => navigate({ to: "/attackers/$id", params: { id: attacker.uuid } })),
  }));
  const always: Entry[] =
    asked === ""
      ? []
      : [
          {
            id: "search",
            label: words.paletteSearch(plainMarks(asked, 60)),
            kind: words.pages.events,
            icon: Search,
            run: go(() => navigate({ to: "/logs", search: { search: asked } })),
          },
        ];
  const named = [...pages, ...actions, ...(asked === "" ? [] : machines)].filter(({ label }) =>
    fits(label, asked),
  );
  return [...named.slice(0, 12), ...people, ...always];
}

/** One field from which everything that works can be reached. */
export function Palette(props: PaletteProps) {
  const base = useId();
  const [text, setText] = useState("");
  const [index, setIndex] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const entries = useEntries(text, props);
  const at = Math.min(index, Math.max(0, entries.length - 1));
  const chosen = entries[at];
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    document.getElementById(`${base}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at, base]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      chosen?.run();
      return;
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || entries.length === 0) return;
    event.preventDefault();
    setIndex((at + step + entries.length) % entries.length);
  };
  return (
    <Dialog title={words.palette} onClose={props.onClose} wide>
      <div className="palette-input">
        <input
          ref={input}
          className="input"
          role="combobox"
          aria-label={words.paletteHint}
          placeholder={words.paletteHint}
          aria-expanded="true"
          aria-controls={`${base}-list`}
          aria-activedescendant={chosen ? `${base}-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setIndex(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={`${base}-list`} className="palette-list" role="listbox" aria-label={words.palette}>
        {entries.map((entry, position) => (
          <Option
            key={entry.id}
            id={`${base}-${position}`}
            entry={entry}
            isChosen={position === at}
            onPoint={() => setIndex(position)}
          />
        ))}
      </div>
    </Dialog>
  );
}

interface OptionProps {
  readonly id: string;
  readonly entry: Entry;
  readonly isChosen: boolean;
  readonly onPoint: () => void;
}

function Option({ id, entry, isChosen, onPoint }: OptionProps) {
  const Icon = entry.icon;
  return (
    // biome-ignore lint/a11y: the keys belong to the field; an option is only pointed at
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      className="palette-option"
      onPointerMove={onPoint}
      onClick={entry.run}
    >
      <Icon size={15} aria-hidden="true" />
      <span className={entry.isData ? "data truncate" : "truncate"}>{entry.label}</span>
      <span className="palette-kind">{entry.kind}</span>
    </div>
  );
}
