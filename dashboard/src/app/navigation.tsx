import { Link } from "@tanstack/react-router";
import {
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  PanelLeftClose,
  PanelLeftOpen,
  ScrollText,
  SquareTerminal,
  UserRoundSearch,
} from "lucide-react";
import { IconButton } from "../parts/button.tsx";
import { setPreferences, usePreferences } from "../theme/preferences.ts";
import { words } from "./words.ts";

interface Place {
  readonly to: "/" | "/logs" | "/sessions" | "/attackers" | "/credentials";
  readonly label: string;
  readonly icon: LucideIcon;
  /** Second key after `g`. */
  readonly key: string;
}

export const places: readonly { readonly group: string; readonly items: readonly Place[] }[] = [
  {
    group: words.groups.watch,
    items: [
      { to: "/", label: words.pages.overview, icon: LayoutDashboard, key: "o" },
      { to: "/logs", label: words.pages.events, icon: ScrollText, key: "e" },
      { to: "/sessions", label: words.pages.sessions, icon: SquareTerminal, key: "s" },
    ],
  },
  {
    group: words.groups.who,
    items: [
      { to: "/attackers", label: words.pages.attackers, icon: UserRoundSearch, key: "a" },
      { to: "/credentials", label: words.pages.credentials, icon: KeyRound, key: "r" },
    ],
  },
];

interface NavigationProps {
  readonly isOpen: boolean;
  readonly onNavigate: () => void;
}

export function Navigation({ isOpen, onNavigate }: NavigationProps) {
  const { navCollapsed } = usePreferences();
  return (
    <nav id="navigation" className={isOpen ? "nav is-shown" : "nav"} aria-label={words.navigation}>
      <div className="nav-groups">
        {places.map(({ group, items }) => (
          <div key={group} className="nav-group">
            <p className="nav-title" aria-hidden={navCollapsed}>
              {group}
            </p>
            <ul>
              {items.map(({ to, label, icon: Icon }) => (
                <li key={to}>
                  <Link
                    to={to}
                    className="nav-link"
                    activeProps={{ className: "is-active" }}
                    activeOptions={{ exact: to === "/", includeSearch: false }}
                    title={navCollapsed ? label : undefined}
                    onClick={onNavigate}
                  >
                    <Icon size={16} aria-hidden="true" />
                    <span className="nav-label">{label}</span>
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <IconButton
        className="nav-toggle"
        label={navCollapsed ? words.expand : words.collapse}
        icon={
          navCollapsed ? (
            <PanelLeftOpen size={16} aria-hidden="true" />
          ) : (
            <PanelLeftClose size={16} aria-hidden="true" />
          )
        }
        onClick={() => setPreferences({ navCollapsed: !navCollapsed })}
      />
    </nav>
  );
}
