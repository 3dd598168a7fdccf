import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useLayer } from "./layer.ts";
import "./menu.css";

interface MenuProps {
  readonly label: string;
  readonly button: ReactNode;
  readonly className?: string;
  readonly align?: "start" | "end";
  /** The button's own text names it; the label is then only a hint. */
  readonly isNamedByText?: boolean;
  /** Called with a function that closes the menu. */
  readonly children: (close: () => void) => ReactNode;
}

/** A button that opens a small panel of buttons and fields. Arrow keys walk it, Escape and a click outside close it. */
export function Menu({
  label,
  button,
  className,
  align = "end",
  isNamedByText = false,
  children,
}: MenuProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const close = () => setOpen(false);
  useLayer(isOpen, close, panel);
  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [isOpen]);
  return (
    <div className="menu" ref={box}>
      <button
        type="button"
        className={className ?? "button button-plain"}
        aria-label={isNamedByText ? undefined : label}
        title={label}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen ? (
        <div
          id={id}
          ref={panel}
          role="group"
          aria-label={label}
          tabIndex={-1}
          className={`menu-panel menu-${align}`}
          onKeyDown={walk}
        >
          {children(close)}
        </div>
      ) : null}
    </div>
  );
}

function walk(event: KeyboardEvent<HTMLDivElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.target instanceof HTMLInputElement) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("button, a[href], input, select")];
  const at = stops.findIndex((stop) => stop === document.activeElement);
  const next = stops[(at + (event.key === "ArrowDown" ? 1 : stops.length - 1) + stops.length) % stops.length];
  event.preventDefault();
  next?.focus();
}

interface MenuItemProps {
  readonly onClick: () => void;
  readonly icon?: ReactNode;
  readonly isChosen?: boolean;
  readonly children: ReactNode;
}

export function MenuItem({ onClick, icon, isChosen, children }: MenuItemProps) {
  return (
    <button
      type="button"
      className={isChosen ? "menu-item is-chosen" : "menu-item"}
      aria-pressed={isChosen}
      onClick={onClick}
    >
      {icon}
      <span>{children}</span>
    </button>
  );
}
