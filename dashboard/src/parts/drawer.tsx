import { X } from "lucide-react";
import { type ReactNode, useId, useRef } from "react";
import { IconButton } from "./button.tsx";
import "./drawer.css";
import { useLayer } from "./layer.ts";
import { Boundary } from "./states.tsx";
import { words } from "./words.ts";

interface DrawerProps {
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Details beside the list. Not modal: the list stays usable, Escape closes, focus goes back to the row. */
export function Drawer({ title, actions, onClose, children }: DrawerProps) {
  const id = useId();
  const ref = useRef<HTMLElement>(null);
  useLayer(true, onClose, ref);
  return (
    <aside className="drawer" aria-labelledby={id} ref={ref} tabIndex={-1}>
      <header className="drawer-head">
        <h2 id={id}>{title}</h2>
        <div className="cluster">
          {actions}
          <IconButton label={words.close} icon={<X size={16} aria-hidden="true" />} onClick={onClose} />
        </div>
      </header>
      <div className="drawer-body">
        <Boundary>{children}</Boundary>
      </div>
    </aside>
  );
}
