import { type ReactNode, useCallback, useRef, useState } from "react";
import { ChangePasswordDialog } from "../pages/login/change-password.tsx";
import { usePreferences } from "../theme/preferences.ts";
import { Footer } from "./footer.tsx";
import "./frame.css";
import { Announcer } from "./announcer.tsx";
import { OfflineBanner } from "./live-state.tsx";
import { Navigation } from "./navigation.tsx";
import { Palette } from "./palette.tsx";
import { ShortcutsDialog, useShortcuts } from "./shortcuts.tsx";
import { TopBar } from "./top-bar.tsx";
import { words } from "./words.ts";

export type Layer = "palette" | "shortcuts" | "password" | undefined;

interface FrameProps {
  /** The session is over: the page stays as it is, behind the sign-in. */
  readonly isLocked: boolean;
  readonly children: ReactNode;
}

export function Frame({ isLocked, children }: FrameProps) {
  const { navCollapsed } = usePreferences();
  const [layer, setLayer] = useState<Layer>();
  const [isNavOpen, setNavOpen] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const main = useRef<HTMLElement>(null);
  const focusSearch = useCallback(() => search.current?.focus(), []);
  useShortcuts({ isActive: !isLocked, openLayer: setLayer, focusSearch });
  const close = () => setLayer(undefined);
  return (
    <div className={navCollapsed ? "frame is-narrow" : "frame"} inert={isLocked}>
      <a
        className="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {words.skip}
      </a>
      <TopBar searchRef={search} openLayer={setLayer} isNavOpen={isNavOpen} setNavOpen={setNavOpen} />
      <Navigation isOpen={isNavOpen} onNavigate={() => setNavOpen(false)} />
      <main id="content" ref={main} tabIndex={-1} className="content">
        <OfflineBanner />
        {children}
      </main>
      <Footer />
      <Announcer />
      {layer === "palette" ? <Palette onClose={close} openLayer={setLayer} /> : null}
      {layer === "shortcuts" ? <ShortcutsDialog onClose={close} /> : null}
      {layer === "password" ? <ChangePasswordDialog onClose={close} /> : null}
    </div>
  );
}
