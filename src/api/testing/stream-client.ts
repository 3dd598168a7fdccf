/** One frame of a stream as a client sees it. */
export interface SeenFrame {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

export interface StreamReader extends AsyncDisposable {
  readonly status: number;
  readonly response: Response;
  readonly frames: readonly SeenFrame[];
  readonly lastId: string | null;
  readonly closed: boolean;
  /** Resolves as soon as the frames so far satisfy the condition. */
  until(condition: (frames: readonly SeenFrame[]) => boolean): Promise<void>;
}

interface Log {
  readonly seq: number;
}

/** Numbers of all events that log frames have shown, in order. */
export const shownSeqs = (frames: readonly SeenFrame[]): readonly number[] =>
  frames.flatMap(({ event, data }) => {
    const { type, data: rows } = data as { type?: string; data?: readonly Log[] };
    return event === "message" && type === "logs" ? (rows ?? []).map(({ seq }) => seq) : [];
  });

function parseFrame(text: string): SeenFrame | null {
  let id: string | null = null;
  let event = "message";
  let data: string | null = null;
  for (const line of text.split("\n")) {
    if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
  }
  return data === null ? null : { id, event, data: JSON.parse(data) as unknown };
}

/** A client of the live stream that keeps what it has seen. */
export async function readStream(
  url: string,
  token: string,
  { query = "topics=logs", lastEventId = null as string | null } = {},
): Promise<StreamReader> {
  const stop = new AbortController();
  const response = await fetch(`${url}/api/v1/stream?${query}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId === null ? {} : { "last-event-id": lastEventId }),
    },
    signal: stop.signal,
  });
  const frames: SeenFrame[] = [];
  let lastId = lastEventId;
  let closed = false;
  let wake: () => void = () => {};
  const reading = (async () => {
    if (response.status !== 200 || response.body === null) return;
    let rest = "";
    try {
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + chunk).split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          const frame = parseFrame(part);
          if (frame === null) continue;
          frames.push(frame);
          lastId = frame.id ?? lastId;
        }
        wake();
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  })().finally(() => {
    closed = true;
    wake();
  });
  reading.catch(() => {});
  return {
    status: response.status,
    response,
    frames,
    get lastId() {
      return lastId;
    },
    get closed() {
      return closed;
    },
    until: async (condition) => {
      while (!condition(frames)) {
        if (closed) throw new Error("The stream ended before.");
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await reading.catch(() => {});
    },
  };
}
