import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { hasOpenLayer } from "../parts/layer.ts";
import { preferences, setPreferences, usePreferences } from "../theme/preferences.ts";
import type { Layer } from "./frame.tsx";
import { places } from "./navigation.tsx";
import { words } from "./words.ts";

const SEQUENCE_MS = 1200;

interface ShortcutParts {
  readonly isActive: boolean;
  readonly openLayer: (layer: Layer) => void;
  readonly focusSearch: () => void;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest("input, textarea, select, [data-own-keys]") !== null)
  );
}

const targets = new Map(places.flatMap(({ items }) => items).map((place) => [place.key, place.to]));

/** Keys that work everywhere. Single keys are off while typing and can be switched off altogether. */
export function useShortcuts({ isActive, openLayer, focusSearch }: ShortcutParts): void {
  const navigate = useNavigate();
  const armedAt = useRef(0);
  useEffect(() => {
    if (!isActive) return;
    const single = (event: KeyboardEvent): boolean => {
      const to = targets.get(event.key);
      if (event.timeStamp - armedAt.current < SEQUENCE_MS && to !== undefined) {
        armedAt.current = 0;
        void navigate({ to });
        return true;
      }
      armedAt.current = event.key === "g" ? event.timeStamp : 0;
      if (event.key === "/") focusSearch();
      else if (event.key === "z") setPreferences({ zone: preferences().zone === "utc" ? "local" : "utc" });
      else return false;
      return true;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if ((event.ctrlKey || event.metaKey || event.altKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openLayer("palette");
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "?") {
        event.preventDefault();
        openLayer("shortcuts");
        return;
      }
      if (!preferences().shortcuts || (hasOpenLayer() && document.querySelector("dialog[open]"))) return;
      if (single(event)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isActive, openLayer, focusSearch, navigate]);
}

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const { shortcuts } = usePreferences();
  return (
    <Dialog title={words.shortcuts} onClose={onClose}>
      <div className="dialog-content stack">
        <label className="check">
          <input
            type="checkbox"
            checked={shortcuts}
            onChange={(event) => setPreferences({ shortcuts: event.currentTarget.checked })}
          />
          {words.shortcutsOn}
        </label>
        <p className="muted small">{words.shortcutsNote}</p>
        <dl className="keys">
          <Keys keys={["Ctrl", "K"]}>{words.keys.palette}</Keys>
          <Keys keys={["/"]}>{words.keys.search}</Keys>
          {places
            .flatMap(({ items }) => items)
            .map((place) => (
              <Keys key={place.key} keys={["g", place.key]}>
                {words.keys.goto(place.label)}
              </Keys>
            ))}
          <Keys keys={["z"]}>{words.keys.zone}</Keys>
          <Keys keys={["p"]}>{words.keys.pause}</Keys>
          <Keys keys={["?"]}>{words.keys.help}</Keys>
          <Keys keys={["Esc"]}>{words.keys.close}</Keys>
        </dl>
      </div>
    </Dialog>
  );
}

function Keys({ keys, children }: { readonly keys: readonly string[]; readonly children: ReactNode }) {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{children}</dd>
    </>
  );
}
