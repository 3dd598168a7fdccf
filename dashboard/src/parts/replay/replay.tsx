import {
  ChevronFirst,
  ChevronLast,
  ChevronsLeft,
  ChevronsRight,
  Copy,
  Download,
  FastForward,
  Keyboard,
  Maximize,
  Pause,
  Play,
  Radio,
} from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { setPreferences, usePreferences } from "../../theme/preferences.ts";
import { Button, IconButton } from "../button.tsx";
import { copyText } from "../copy.tsx";
import { Failure, Skeleton } from "../states.tsx";
import { clockSpan } from "../units.ts";
import { findText } from "./cast.ts";
import "./replay.css";
import { Scrubber } from "./scrubber.tsx";
import { screenText, Terminal } from "./terminal.tsx";
import type { Replay } from "./use-replay.ts";
import { words } from "./words.ts";

export interface Mark {
  readonly at: number;
  readonly label: string;
}

interface ReplayViewProps {
  readonly replay: Replay;
  readonly marks: readonly Mark[];
  readonly downloadUrl: string;
}

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];

const changeSpeed = (speed: number, step: 1 | -1): number => {
  const at = SPEEDS.findIndex((each) => each >= speed);
  return SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + step))] ?? 1;
};

/** Terminal, controls and time line of one recording. */
export function ReplayView({ replay, marks, downloadUrl }: ReplayViewProps) {
  const { driver, state, header, error, isLoading } = replay;
  const box = useRef<HTMLDivElement>(null);
  const preferences = usePreferences();
  const jump = (step: 1 | -1) => {
    const target =
      step === 1
        ? marks.find(({ at }) => at > state.position + 0.05)
        : marks.findLast(({ at }) => at < state.position - 1);
    if (target) driver.seek(target.at);
    else if (step === -1) driver.seek(0);
  };
  const actions: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    " ": () => driver.toggle(),
    ArrowLeft: (event) => driver.seek(driver.state().position - (event.shiftKey ? 60 : 5)),
    ArrowRight: (event) => driver.seek(driver.state().position + (event.shiftKey ? 60 : 5)),
    "[": () => jump(-1),
    "]": () => jump(1),
    "<": () => setPreferences({ replaySpeed: changeSpeed(preferences.replaySpeed, -1) }),
    ">": () => setPreferences({ replaySpeed: changeSpeed(preferences.replaySpeed, 1) }),
    i: () => setPreferences({ replaySkipIdle: !preferences.replaySkipIdle }),
    k: () => setPreferences({ replayKeys: !preferences.replayKeys }),
    ".": () => driver.step(),
    f: () => toggleFullscreen(box.current),
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea")) return;
    const isButton = event.target instanceof Element && event.target.closest("button, a") !== null;
    if (isButton && (event.key === " " || event.key === "Enter")) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action(event);
  };

  if (error) return <Failure error={error} onRetry={replay.retry} />;
  return (
    // biome-ignore lint/a11y: a group of controls with keys of its own, each also reachable as a button
    <div
      ref={box}
      className="replay"
      data-own-keys="true"
      role="group"
      aria-label={words.terminal}
      tabIndex={0}
      onKeyDownCapture={onKey}
    >
      <div className="replay-screen">
        {header ? <Terminal driver={driver} header={header} /> : isLoading ? <Skeleton lines={10} /> : null}
        {!isLoading && !header ? <p className="replay-note">{words.empty}</p> : null}
      </div>
      <Scrubber state={state} marks={marks} onSeek={(at) => driver.seek(at)} />
      <div className="replay-controls">
        <IconButton
          label={state.isPlaying ? words.pause : words.play}
          icon={
            state.isPlaying ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />
          }
          onClick={() => driver.toggle()}
        />
        <IconButton
          label={words.previous}
          icon={<ChevronFirst size={16} aria-hidden="true" />}
          onClick={() => jump(-1)}
        />
        <IconButton
          label={words.back}
          icon={<ChevronsLeft size={16} aria-hidden="true" />}
          onClick={() => driver.seek(driver.state().position - 5)}
        />
        <IconButton
          label={words.forward}
          icon={<ChevronsRight size={16} aria-hidden="true" />}
          onClick={() => driver.seek(driver.state().position + 5)}
        />
        <IconButton
          label={words.next}
          icon={<ChevronLast size={16} aria-hidden="true" />}
          onClick={() => jump(1)}
        />
        <span className="replay-time num">
          {clockSpan(state.position)} <span className="faint">{words.of}</span> {clockSpan(state.duration)}
        </span>
        {state.isLive ? (
          <Button
            isPressed={state.isFollowing}
            title={words.followHint}
            icon={<Radio size={14} aria-hidden="true" />}
            onClick={() => driver.follow()}
          >
            {state.isFollowing ? words.live : words.follow}
          </Button>
        ) : null}
        <span className="replay-gap" />
        <FindField onFind={(text) => findIn(replay, text)} />
        <select
          className="select"
          aria-label={words.speed}
          value={preferences.replaySpeed}
          onChange={(event) => setPreferences({ replaySpeed: Number(event.currentTarget.value) })}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
        <IconButton
          label={words.skipIdleHint}
          isPressed={preferences.replaySkipIdle}
          icon={<FastForward size={15} aria-hidden="true" />}
          onClick={() => setPreferences({ replaySkipIdle: !preferences.replaySkipIdle })}
        />
        <IconButton
          label={words.keysHint}
          isPressed={preferences.replayKeys}
          icon={<Keyboard size={15} aria-hidden="true" />}
          onClick={() => setPreferences({ replayKeys: !preferences.replayKeys })}
        />
        <IconButton
          label={words.copyScreen}
          icon={<Copy size={15} aria-hidden="true" />}
          onClick={() => void copyText(screenText(box.current))}
        />
        <a
          className="icon-button"
          href={downloadUrl}
          download
          aria-label={words.download}
          title={words.download}
        >
          <Download size={15} aria-hidden="true" />
        </a>
        <IconButton
          label={words.fullscreen}
          icon={<Maximize size={15} aria-hidden="true" />}
          onClick={() => toggleFullscreen(box.current)}
        />
      </div>
      {replay.isCut ? <p className="replay-note">{words.cut}</p> : null}
      <p className="replay-help">{words.help}</p>
    </div>
  );
}

function findIn({ driver }: Replay, text: string): boolean {
  const at = findText(driver.events, text, driver.state().position);
  if (at !== undefined) driver.seek(at);
  return at !== undefined;
}

function FindField({ onFind }: { readonly onFind: (text: string) => boolean }) {
  const [text, setText] = useState("");
  const [isMissing, setMissing] = useState(false);
  useEffect(() => setMissing(false), [text]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text !== "") setMissing(!onFind(text));
  };
  return (
    <form className="replay-find" role="search" aria-label={words.find} onSubmit={submit}>
      <input
        className="input"
        type="search"
        aria-label={words.find}
        placeholder={words.find}
        aria-invalid={isMissing || undefined}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <span className="sr-only" role="status">
        {isMissing ? words.findNone : ""}
      </span>
    </form>
  );
}

function toggleFullscreen(element: HTMLElement | null): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void element?.requestFullscreen?.();
}
