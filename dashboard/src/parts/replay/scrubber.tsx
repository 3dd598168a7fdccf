import { clockSpan } from "../units.ts";
import type { DriverState } from "./driver.ts";
import type { Mark } from "./replay.tsx";
import { words } from "./words.ts";

interface ScrubberProps {
  readonly state: DriverState;
  readonly marks: readonly Mark[];
  readonly onSeek: (at: number) => void;
}

/** Marks drawn at most; more would be a solid bar. */
const MOST_MARKS = 400;

/** The time line: a slider, with the commands as marks above it. */
export function Scrubber({ state, marks, onSeek }: ScrubberProps) {
  const { position, duration } = state;
  const share = (at: number) => (duration === 0 ? 0 : Math.min(100, (at / duration) * 100));
  return (
    <div className="scrubber">
      <div className="scrubber-marks" aria-hidden="true">
        {marks.slice(0, MOST_MARKS).map((mark, index) => (
          <span
            key={index}
            className={mark.at <= position ? "scrubber-mark is-past" : "scrubber-mark"}
            style={{ left: `${share(mark.at)}%` }}
          />
        ))}
      </div>
      <input
        type="range"
        className="scrubber-range"
        aria-label={words.position}
        aria-valuetext={`${clockSpan(position)} ${words.of} ${clockSpan(duration)}`}
        min={0}
        max={Math.max(duration, 0.001)}
        step={0.1}
        value={Math.min(position, duration)}
        ref={(element) => element?.style.setProperty("--done", `${share(position)}%`)}
        onChange={(event) => onSeek(Number(event.currentTarget.value))}
      />
    </div>
  );
}
