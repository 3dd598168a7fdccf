import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import {
  Clock,
  Command,
  KeyRound,
  LogOut,
  Menu as MenuIcon,
  Monitor,
  Moon,
  Radar,
  Rows2,
  Rows3,
  Search,
  Sun,
  UserRound,
} from "lucide-react";
import { type FormEvent, type RefObject, useEffect, useState } from "react";
import { signOut, useSession } from "../api/session.ts";
import { Badge } from "../parts/badge.tsx";
import { Button, IconButton } from "../parts/button.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { setPreferences, type ThemeChoice, usePreferences } from "../theme/preferences.ts";
import type { Layer } from "./frame.tsx";
import { LiveState } from "./live-state.tsx";
import { RangeMenu } from "./range-menu.tsx";
import { words } from "./words.ts";

interface TopBarProps {
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly openLayer: (layer: Layer) => void;
  readonly isNavOpen: boolean;
  readonly setNavOpen: (isOpen: boolean) => void;
}

export function TopBar({ searchRef, openLayer, isNavOpen, setNavOpen }: TopBarProps) {
  return (
    <header className="bar-top">
      <IconButton
        className="only-narrow"
        label={words.openNavigation}
        aria-expanded={isNavOpen}
        aria-controls="navigation"
        icon={<MenuIcon size={18} aria-hidden="true" />}
        onClick={() => setNavOpen(!isNavOpen)}
      />
      <Link to="/" className="brand" aria-label={words.product}>
        <Radar size={18} aria-hidden="true" />
        <span className="brand-name">{words.product}</span>
      </Link>
      <GlobalSearch inputRef={searchRef} />
      <IconButton
        className="not-narrow"
        label={`${words.palette} (Ctrl+K)`}
        icon={<Command size={16} aria-hidden="true" />}
        onClick={() => openLayer("palette")}
      />
      <div className="bar-gap" />
      <LiveState />
      <RangeMenu />
      <ZoneSwitch />
      <ThemeMenu />
      <UserMenu openLayer={openLayer} />
    </header>
  );
}

function GlobalSearch({ inputRef }: { readonly inputRef: RefObject<HTMLInputElement | null> }) {
  const navigate = useNavigate();
  const location = useLocation();
  const inUrl = location.pathname === "/logs" ? (location.search.search ?? "") : "";
  const [text, setText] = useState(inUrl);
  useEffect(() => setText(inUrl), [inUrl]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: "/logs", search: text.trim() === "" ? {} : { search: text.trim() } });
  };
  return (
    <form className="search" role="search" aria-label={words.search} onSubmit={submit}>
      <Search size={14} aria-hidden="true" />
      <input
        ref={inputRef}
        className="input"
        type="text"
        aria-label={words.search}
        placeholder={words.searchHint}
        maxLength={512}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <span className="key-hint" aria-hidden="true">
        /
      </span>
    </form>
  );
}

function ZoneSwitch() {
  const { zone } = usePreferences();
  return (
    <div className="segments not-narrow" role="group" aria-label={words.zoneLabel}>
      <Button kind="quiet" isPressed={zone === "utc"} onClick={() => setPreferences({ zone: "utc" })}>
        {words.utc}
      </Button>
      <Button kind="quiet" isPressed={zone === "local"} onClick={() => setPreferences({ zone: "local" })}>
        {words.local}
      </Button>
    </div>
  );
}

const themeIcons = { system: Monitor, dark: Moon, light: Sun } as const;

function ThemeMenu() {
  const { theme, density } = usePreferences();
  const Icon = themeIcons[theme];
  return (
    <Menu
      label={words.theme}
      className="icon-button not-narrow"
      button={<Icon size={16} aria-hidden="true" />}
    >
      {() => (
        <>
          <p className="menu-title">{words.theme}</p>
          {(Object.keys(themeIcons) as ThemeChoice[]).map((choice) => {
            const ChoiceIcon = themeIcons[choice];
            return (
              <MenuItem
                key={choice}
                isChosen={theme === choice}
                icon={<ChoiceIcon size={14} aria-hidden="true" />}
                onClick={() => setPreferences({ theme: choice })}
              >
                {words.themes[choice]}
              </MenuItem>
            );
          })}
          <hr className="menu-rule" />
          <p className="menu-title">{words.density}</p>
          <MenuItem
            isChosen={density === "dense"}
            icon={<Rows3 size={14} aria-hidden="true" />}
            onClick={() => setPreferences({ density: "dense" })}
          >
            {words.densities.dense}
          </MenuItem>
          <MenuItem
            isChosen={density === "comfortable"}
            icon={<Rows2 size={14} aria-hidden="true" />}
            onClick={() => setPreferences({ density: "comfortable" })}
          >
            {words.densities.comfortable}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

function UserMenu({ openLayer }: { readonly openLayer: (layer: Layer) => void }) {
  const session = useSession();
  const { theme, zone } = usePreferences();
  if (!session) return null;
  const { username, role } = session.user;
  return (
    <Menu
      label={words.userMenu(username)}
      className="icon-button"
      button={<UserRound size={16} aria-hidden="true" />}
    >
      {(close) => (
        <>
          <p className="menu-title spread">
            <span className="truncate">{username}</span>
            <Badge tone={role === "admin" ? "accent" : "plain"}>{role}</Badge>
          </p>
          <MenuItem
            icon={<KeyRound size={14} aria-hidden="true" />}
            onClick={() => {
              close();
              openLayer("password");
            }}
          >
            {words.changePassword}
          </MenuItem>
          <MenuItem
            icon={<Command size={14} aria-hidden="true" />}
            onClick={() => {
              close();
              openLayer("shortcuts");
            }}
          >
            {words.shortcuts}
          </MenuItem>
          <div className="only-narrow-block">
            <MenuItem
              icon={<Clock size={14} aria-hidden="true" />}
              onClick={() => setPreferences({ zone: zone === "utc" ? "local" : "utc" })}
            >
              {words.zoneLabel}: {zone === "utc" ? words.utc : words.local}
            </MenuItem>
            <MenuItem
              icon={<Moon size={14} aria-hidden="true" />}
              onClick={() => setPreferences({ theme: theme === "light" ? "dark" : "light" })}
            >
              {words.theme}: {words.themes[theme]}
            </MenuItem>
          </div>
          <hr className="menu-rule" />
          <MenuItem icon={<LogOut size={14} aria-hidden="true" />} onClick={() => void signOut()}>
            {words.signOut}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
