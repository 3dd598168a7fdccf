import { CallFailed } from "./errors.ts";
import { type OpenFile, Pipe } from "./open-file.ts";

/** Standard input that comes from a client in chunks. Back-pressure reaches the client. */
export function pipeInput(source: AsyncIterable<Uint8Array>, signal: AbortSignal): OpenFile {
  const pipe = new Pipe();
  let started = false;
  const pump = async () => {
    try {
      for await (const chunk of source) await pipe.writer.write(chunk, signal);
    } catch (error) {
      // The reader is gone or the client broke off: both end the input.
      if (!(error instanceof Error)) throw error;
    } finally {
      pipe.writer.close();
    }
  };
  return {
    ...pipe.reader,
    read: (max, stop) => {
      if (!started) {
        started = true;
        void pump();
      }
      return pipe.reader.read(max, stop);
    },
  };
}

export function pipeOutput(
  write: (bytes: Uint8Array) => Promise<void> | void,
  meter: (bytes: number) => Promise<void> | undefined,
): OpenFile {
  return {
    kind: "pipe",
    path: "pipe:[27182]",
    read: () => {
      throw new CallFailed("EBADF");
    },
    write: async (bytes) => {
      await meter(bytes.length);
      await write(bytes);
    },
    close: () => {},
  };
}
