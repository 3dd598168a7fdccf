import { addCounters, addOutbox } from "#store/sqlite/outbox.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { Consumer, EventBatch, Fold } from "../contract.ts";
import { assemble, sweep } from "./assemble.ts";
import { CachedBook } from "./book.ts";
import { COMMANDS_ASKED, endedMessage, startedMessage } from "./messages.ts";
import { SessionRows } from "./rows.ts";
import {
  type CommandEnd,
  type CommandRow,
  type Effects,
  type Notice,
  type RecordingEnd,
  type RecordingStart,
  SECOND_US,
  type SessionLimits,
} from "./session.ts";

export interface SessionsConfig {
  readonly gapS: number;
  readonly lostS: number;
}

const UDP_GAP_S = 60;
const SWEEP_MS = 30_000;
const SWEEP_ROWS = 1000;

/** One row per conversation of one source with one service. */
export const sessionsConsumer = (config: SessionsConfig): Consumer => ({
  name: "sessions",
  after: [],
  tickMs: SWEEP_MS,
  open: (writer) =>
    new SessionsFold(writer, {
      gapUs: config.gapS * SECOND_US,
      udpGapUs: UDP_GAP_S * SECOND_US,
      lostUs: config.lostS * SECOND_US,
    }),
});

/** What folding wants done, kept until it is written. */
class Collected implements Effects {
  readonly commands: CommandRow[] = [];
  readonly commandEnds: CommandEnd[] = [];
  readonly recordings: (RecordingStart | RecordingEnd)[] = [];
  readonly notices: Notice[] = [];
  openDelta = 0;
  madeCount = 0;

  command(row: CommandRow): void {
    this.commands.push(row);
  }
  commandEnd(end: CommandEnd): void {
    this.commandEnds.push(end);
  }
  recording(change: RecordingStart | RecordingEnd): void {
    this.recordings.push(change);
  }
  notice(notice: Notice): void {
    this.notices.push(notice);
  }
  made(): void {
    this.madeCount += 1;
  }
  opened(): void {
    this.openDelta += 1;
  }
  closed(): void {
    this.openDelta -= 1;
  }
}

class SessionsFold implements Fold {
  readonly #writer: StoreWriter;
  readonly #limits: SessionLimits;
  readonly #rows: SessionRows;
  readonly #book: CachedBook;
  #collected = new Collected();

  constructor(writer: StoreWriter, limits: SessionLimits) {
    this.#writer = writer;
    this.#limits = limits;
    this.#rows = new SessionRows(writer);
    this.#book = new CachedBook(this.#rows);
  }

  reduce({ events }: EventBatch): void {
    for (const event of events) assemble(this.#book, event, this.#limits, this.#collected);
  }

  tick(clockUs: number): void {
    const { udpGapUs, lostUs } = this.#limits;
    const silent = this.#rows
      .silentSince(clockUs - udpGapUs, clockUs - lostUs, SWEEP_ROWS)
      .map((session) => this.#book.adopt(session) ?? session);
    sweep(silent, clockUs, this.#limits, { book: this.#book, effects: this.#collected });
  }

  write(nowUs: number): void {
    const { commands, commandEnds, recordings, notices, openDelta, madeCount } = this.#collected;
    const changed = this.#book.changed();
    for (const session of changed) this.#rows.save(session);
    for (const row of commands) this.#rows.addCommand(row);
    for (const end of commandEnds) this.#rows.endCommand(end);
    for (const change of recordings) this.#rows.saveRecording(change);
    // However a session ended: what its recorder has not closed by now has lost its recorder.
    for (const session of changed) if (session.state === "closed") this.#rows.loseRecording(session);
    addOutbox(
      this.#writer,
      notices.flatMap((notice) => this.#message(notice) ?? []),
      nowUs,
    );
    addCounters(
      this.#writer,
      new Map([
        ["sessions", madeCount],
        ["sessions_open", openDelta],
      ]),
    );
    this.#collected = new Collected();
    this.#book.written();
  }

  discard(): void {
    this.#collected = new Collected();
    this.#book.forget();
  }

  #message(notice: Notice): ReturnType<typeof endedMessage> {
    const { session } = notice;
    if (notice.kind === "started") return startedMessage(session);
    const commands = this.#rows.commands(session, COMMANDS_ASKED);
    return endedMessage(notice, commands, this.#rows.shardOf(session));
  }
}
