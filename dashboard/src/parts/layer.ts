import { type RefObject, useEffect, useRef } from "react";

/** Open layers, the top one last: Escape closes only that one. */
const open: (() => void)[] = [];

function onKey(event: KeyboardEvent): void {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const top = open.at(-1);
  if (!top) return;
  event.preventDefault();
  event.stopPropagation();
  top();
}

/**
 * Registers a layer (menu, drawer, dialog) while it is shown: Escape closes the newest layer, focus moves
 * into it and returns to where it was when the layer goes.
 */
export function useLayer(isShown: boolean, close: () => void, focus?: RefObject<HTMLElement | null>): void {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    if (!isShown) return;
    const before = document.activeElement;
    const entry = () => latest.current();
    open.push(entry);
    if (open.length === 1) document.addEventListener("keydown", onKey);
    focus?.current?.focus({ preventScroll: true });
    return () => {
      open.splice(open.indexOf(entry), 1);
      if (open.length === 0) document.removeEventListener("keydown", onKey);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [isShown, focus]);
}

export function hasOpenLayer(): boolean {
  return open.length > 0;
}
