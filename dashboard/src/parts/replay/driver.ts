import { type CastEvent, type CastHeader, capSize, readSize } from "./cast.ts";

/** What the terminal listens to. */
export type Dispatch = (name: string, data?: unknown) => void;

export interface DriverParts {
  now(): number;
  /** Runs before the next frame; returns how to take it back. */
  onFrame(action: () => void): () => void;
}

export interface DriverState {
  readonly position: number;
  readonly duration: number;
  readonly isPlaying: boolean;
  readonly isFollowing: boolean;
  readonly isLive: boolean;
  readonly hasEnded: boolean;
}

const IDLE_LIMIT_S = 2;
/** Live watching stays this close to the newest output. */
const LIVE_DELAY_S = 0.5;
/** A greeting comes in several pieces. */
const FIRST_SCREEN_S = 0.4;
const TELL_EVERY_MS = 100;

const frameDriverParts: DriverParts = {
  now: () => performance.now(),
  onFrame: (action) => {
    const id = requestAnimationFrame(action);
    return () => cancelAnimationFrame(id);
  },
};

/**
 * Plays the events of a recording into a terminal: any speed, any time, idle stretches skipped, and on to
 * the end of a session that is still open. Positions are true seconds of the recording.
 */
export class ReplayDriver {
  readonly #parts: DriverParts;
  #dispatch: Dispatch = () => {};
  #header: CastHeader = { cols: 80, rows: 24, timestamp: undefined };
  readonly #events: CastEvent[] = [];
  /** Index of the first event that has not been shown. */
  #next = 0;
  #position = 0;
  #isPlaying = false;
  #isFollowing = false;
  #isLive = false;
  #speed = 1;
  #skipsIdle = true;
  #showsKeys = false;
  #lastFrame = 0;
  #lastTold = 0;
  #cancelFrame: () => void = () => {};
  #isAttached = false;
  readonly #listeners = new Set<() => void>();
  #state: DriverState = {
    position: 0,
    duration: 0,
    isPlaying: false,
    isFollowing: false,
    isLive: false,
    hasEnded: false,
  };

  constructor(parts: DriverParts = frameDriverParts) {
    this.#parts = parts;
  }

  /** As a driver of the terminal player. */
  readonly asPlayerDriver = (callbacks: { readonly dispatch: Dispatch }) => {
    this.#dispatch = callbacks.dispatch;
    return {
      init: () => {
        this.#isAttached = true;
        // Takes away the player's own start button: the controls are ours.
        this.#dispatch("play");
        this.#redraw(this.#position);
      },
      play: () => true,
      pause: () => true,
      seek: () => true,
      stop: () => this.#detach(),
      getCurrentTime: () => this.#position,
      getDuration: () => this.duration,
    };
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): DriverState => this.#state;

  get events(): readonly CastEvent[] {
    return this.#events;
  }

  get duration(): number {
    return this.#events.at(-1)?.at ?? 0;
  }

  setHeader(header: CastHeader): void {
    this.#header = header;
    if (this.#isAttached) this.#redraw(this.#position);
  }

  /** @param events in order of time, behind all that came before */
  append(events: readonly CastEvent[]): void {
    for (const event of events) this.#events.push(event);
    // Shown at once what belongs before the position: a link with `?t=` opens while the rest still loads.
    if (!this.#isPlaying && this.#isAttached) this.#showUpTo(this.#position);
    this.#tell();
  }

  setLive(isLive: boolean): void {
    this.#isLive = isLive;
    if (!isLive) this.#isFollowing = false;
    this.#tell();
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
  }

  setSkipsIdle(skips: boolean): void {
    this.#skipsIdle = skips;
  }

  setShowsKeys(shows: boolean): void {
    this.#showsKeys = shows;
  }

  play(): void {
    if (this.#isPlaying) return;
    if (!this.#isLive && this.#position >= this.duration) this.#redraw(0);
    this.#isPlaying = true;
    this.#lastFrame = this.#parts.now();
    this.#dispatch("playing");
    this.#frame();
    this.#tell();
  }

  pause(): void {
    if (!this.#isPlaying) return;
    this.#isPlaying = false;
    this.#isFollowing = false;
    this.#cancelFrame();
    this.#dispatch("pause");
    this.#tell();
  }

  toggle(): void {
    if (this.#isPlaying) this.pause();
    else this.play();
  }

  /** Stays at the newest output of an open session. */
  follow(): void {
    this.#isFollowing = true;
    this.seek(Math.max(0, this.duration - LIVE_DELAY_S), true);
    this.play();
    this.#tell();
  }

  seek(seconds: number, keepsFollowing = false): void {
    if (!keepsFollowing) this.#isFollowing = false;
    const target = Math.max(
      0,
      this.#isLive || this.#events.length > 0 ? Math.min(seconds, this.duration) : seconds,
    );
    if (target < this.#position) this.#redraw(target);
    else {
      this.#showUpTo(target);
      this.#position = target;
    }
    this.#dispatch("seeked");
    this.#tell();
  }

  /** Rests behind the greeting instead of on an empty screen. */
  showFirstScreen(): void {
    const first = this.#events.find(({ kind }) => kind === "o");
    if (first) this.seek(first.at + FIRST_SCREEN_S);
  }

  /** The next change on the screen. */
  step(): void {
    this.pause();
    const event = this.#events.slice(this.#next).find(({ kind }) => kind === "o");
    if (event) this.seek(event.at);
  }

  #detach(): void {
    this.#isAttached = false;
    this.#isPlaying = false;
    this.#cancelFrame();
    this.#dispatch = () => {};
  }

  #redraw(target: number): void {
    const { cols, rows } = this.#header;
    this.#dispatch("reset", { size: capSize(cols, rows) });
    this.#next = 0;
    this.#position = target;
    this.#showUpTo(target);
    this.#tell();
  }

  #showUpTo(time: number): void {
    const shown: string[] = [];
    const flush = () => {
      if (shown.length > 0) this.#dispatch("output", shown.splice(0));
    };
    for (;;) {
      const event = this.#events[this.#next];
      if (event === undefined || event.at > time) break;
      this.#next += 1;
      if (event.kind === "o") shown.push(event.data);
      else if (event.kind === "r") {
        flush();
        const size = readSize(event.data);
        if (size) this.#dispatch("resize", size);
      } else if (this.#showsKeys && this.#isPlaying) this.#dispatch("input", { data: event.data });
    }
    flush();
  }

  readonly #frame = (): void => {
    const now = this.#parts.now();
    const passed = (now - this.#lastFrame) / 1000;
    this.#lastFrame = now;
    this.#position = this.#advanced(passed);
    this.#showUpTo(this.#position);
    if (!this.#isLive && this.#next >= this.#events.length && this.#position >= this.duration) {
      this.#position = this.duration;
      this.#isPlaying = false;
      this.#dispatch("ended", {});
      this.#tell();
      return;
    }
    if (now - this.#lastTold >= TELL_EVERY_MS) this.#tell();
    this.#cancelFrame = this.#parts.onFrame(this.#frame);
  };

  #advanced(passed: number): number {
    const duration = this.duration;
    if (this.#isFollowing) return Math.max(this.#position, duration);
    const target = this.#position + passed * this.#speed;
    const upcoming = this.#events[this.#next]?.at;
    if (upcoming === undefined) return Math.min(target, Math.max(duration, this.#position));
    const last = this.#events[this.#next - 1]?.at ?? 0;
    const isIdle = this.#skipsIdle && upcoming - last > IDLE_LIMIT_S && target - last >= IDLE_LIMIT_S;
    return isIdle && target < upcoming ? upcoming : target;
  }

  #tell(): void {
    this.#lastTold = this.#parts.now();
    const duration = this.duration;
    this.#state = {
      position: this.#position,
      duration,
      isPlaying: this.#isPlaying,
      isFollowing: this.#isFollowing,
      isLive: this.#isLive,
      hasEnded: !this.#isLive && duration > 0 && this.#position >= duration,
    };
    for (const listener of this.#listeners) listener();
  }
}
