import { useSyncExternalStore } from "react";
import { usePreferences } from "../theme/preferences.ts";
import { absoluteText, clockText, relativeText } from "./instants.ts";
import { words } from "./words.ts";

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    if (document.hidden) return;
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** One clock for every age on the page, ticking once a second while the page is seen. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

interface TimeProps {
  readonly at: string | number | Date | null | undefined;
  /** `age`: relative up to a day; `clock`: only the time of day; `full`: date, time, zone. */
  readonly form?: "age" | "clock" | "full";
}

export function Time({ at, form = "age" }: TimeProps) {
  if (at === null || at === undefined) return <span className="faint">{words.never}</span>;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span className="faint">{words.unknown}</span>;
  return form === "age" ? <Age date={date} /> : <Fixed date={date} form={form} />;
}

function Age({ date }: { readonly date: Date }) {
  const { zone } = usePreferences();
  return (
    <time className="num" dateTime={date.toISOString()} title={absoluteText(date, zone, true)}>
      {relativeText(date, useNow(), zone)}
    </time>
  );
}

function Fixed({ date, form }: { readonly date: Date; readonly form: "clock" | "full" }) {
  const { zone } = usePreferences();
  return (
    <time className="num data" dateTime={date.toISOString()} title={absoluteText(date, zone, true)}>
      {form === "clock" ? clockText(date, zone) : absoluteText(date, zone)}
    </time>
  );
}
