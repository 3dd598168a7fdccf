import { CloudOff, Loader, Radio, RotateCw, WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useFeedPart } from "../api/stream/live.ts";
import type { Phase, StreamState } from "../api/stream/messages.ts";
import { Menu } from "../parts/menu.tsx";
import { Time, useNow } from "../parts/time.tsx";
import { words } from "./words.ts";

function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      addEventListener("online", listener);
      addEventListener("offline", listener);
      return () => {
        removeEventListener("online", listener);
        removeEventListener("offline", listener);
      };
    },
    () => navigator.onLine,
  );
}

type Shown = Phase | "offline";

const looks = {
  live: { tone: "tone-good", icon: Radio },
  connecting: { tone: "tone-info", icon: Loader },
  waiting: { tone: "tone-warning", icon: RotateCw },
  closed: { tone: "tone-warning", icon: CloudOff },
  offline: { tone: "tone-critical", icon: WifiOff },
} as const;

function useShown(): { readonly shown: Shown; readonly state: StreamState } {
  const state = useFeedPart((snapshot) => snapshot.state);
  const isOnline = useOnline();
  return { shown: isOnline ? state.phase : "offline", state };
}

/** Whether what is on the page is happening now. */
export function LiveState() {
  const { shown, state } = useShown();
  const { tone, icon: Icon } = looks[shown];
  return (
    <Menu
      label={words.liveHelp[shown]}
      isNamedByText
      className="button button-quiet live-button"
      button={
        <span className={`mark ${tone}`}>
          <Icon size={14} aria-hidden="true" />
          <span className="live-word">
            {shown === "waiting" ? <Countdown at={state.retryAt} /> : words.live[shown]}
          </span>
        </span>
      }
    >
      {() => (
        <div className="menu-form">
          <p>{words.liveHelp[shown]}</p>
          {state.lastAt ? (
            <p className="muted small">
              {words.lastFrame}: <Time at={state.lastAt} />
            </p>
          ) : null}
        </div>
      )}
    </Menu>
  );
}

function Countdown({ at = 0 }: { readonly at: number | undefined }) {
  const now = useNow();
  return <>{words.live.waiting(Math.max(0, Math.ceil((at - now) / 1000)))}</>;
}

/** Said on the page itself while it shows the past. */
export function OfflineBanner() {
  const { shown, state } = useShown();
  if (shown !== "offline" || state.lastAt === undefined) return null;
  return (
    <div className="banner" role="status">
      <WifiOff size={14} aria-hidden="true" />
      <span>
        {words.offlineBanner} <Time at={state.lastAt} form="full" />
      </span>
    </div>
  );
}
