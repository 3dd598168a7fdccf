import { useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "dark" | "light";
export type Zone = "utc" | "local";

/** What this browser remembers. Nothing secret, nothing about an attacker. */
export interface Preferences {
  readonly theme: ThemeChoice;
  readonly zone: Zone;
  readonly density: "dense" | "comfortable";
  readonly shortcuts: boolean;
  readonly navCollapsed: boolean;
  readonly replaySpeed: number;
  readonly replaySkipIdle: boolean;
  readonly replayKeys: boolean;
}

const KEY = "decnet.preferences";
const initial: Preferences = {
  theme: "system",
  zone: "utc",
  density: "dense",
  shortcuts: true,
  navCollapsed: false,
  replaySpeed: 1,
  replaySkipIdle: true,
  replayKeys: false,
};

const listeners = new Set<() => void>();
let current = read();

function read(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return merge(initial, stored);
  } catch {
    return initial;
  }
}

/** Takes from `stored` only what has the type that the preference has today. */
function merge(base: Preferences, stored: unknown): Preferences {
  if (typeof stored !== "object" || stored === null) return base;
  const known = Object.entries(base).map(([key, value]) => {
    const kept: unknown = Reflect.get(stored, key);
    return [key, typeof kept === typeof value ? kept : value];
  });
  const merged = Object.fromEntries(known) as Preferences;
  return {
    ...merged,
    theme: ["system", "dark", "light"].includes(merged.theme) ? merged.theme : "system",
    zone: merged.zone === "local" ? "local" : "utc",
    density: merged.density === "comfortable" ? "comfortable" : "dense",
  };
}

export function preferences(): Preferences {
  return current;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still honours the choice until the page closes.
  }
  applyTheme();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function resolvedTheme(): "dark" | "light" {
  if (current.theme !== "system") return current.theme;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

function applyTheme(): void {
  document.documentElement.dataset["theme"] = resolvedTheme();
  document.documentElement.dataset["density"] = current.density;
}

/** Follows the system's theme and the choices made in other tabs. Call once. */
export function watchPreferences(): void {
  applyTheme();
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
    applyTheme();
    for (const listener of listeners) listener();
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    current = read();
    applyTheme();
    for (const listener of listeners) listener();
  });
}
