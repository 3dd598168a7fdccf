import { readProblem } from "../../api/client.ts";
import { ApiProblem } from "../../api/problem.ts";
import { type CastEvent, type CastHeader, MOST_CHARS, readEvent, readHeader } from "./cast.ts";

export interface CastSinks {
  onHeader(header: CastHeader): void;
  onEvents(events: readonly CastEvent[]): void;
}

/** Splits a stream of bytes into lines; what follows the last line break waits for more. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = "";

  push(chunk: Uint8Array | undefined): string[] {
    const text =
      this.#rest + (chunk ? this.#decoder.decode(chunk, { stream: true }) : this.#decoder.decode());
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    if (!chunk && this.#rest !== "") {
      lines.push(this.#rest);
      this.#rest = "";
    }
    return lines.filter((line) => line !== "");
  }
}

/**
 * Reads a recording as it comes; with `follow` the reply goes on while the session is open.
 *
 * @returns whether the recording was cut at the page's own bound.
 * @throws {ApiProblem} when the server refuses.
 */
export async function loadCast(url: string, sinks: CastSinks, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { credentials: "same-origin", signal });
  if (!response.ok) throw new ApiProblem(await readProblem(response));
  if (!response.body) return false;
  const reader = response.body.getReader();
  const splitter = new LineSplitter();
  let hasHeader = false;
  let size = 0;
  const take = (lines: readonly string[]) => {
    const events: CastEvent[] = [];
    for (const line of lines) {
      const header = hasHeader ? undefined : readHeader(line);
      if (header) {
        hasHeader = true;
        sinks.onHeader(header);
        continue;
      }
      const event = readEvent(line);
      if (!event) continue;
      size += event.data.length;
      events.push(event);
    }
    if (events.length > 0) sinks.onEvents(events);
  };
  for (;;) {
    const { done, value } = await reader.read();
    take(splitter.push(value));
    if (done) return false;
    if (size > MOST_CHARS) {
      await reader.cancel();
      return true;
    }
  }
}
