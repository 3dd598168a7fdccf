import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { SshProtocolError } from "../errors.ts";

/** A packet may not grow beyond this when it is inflated. */
const MAX_INFLATED = 4 * 1024 * 1024;

/** One direction of `zlib@openssh.com`: one stream for the whole connection, flushed after each packet. */
export interface Compressor {
  /** Calls back in the order of calls. */
  run(payload: Buffer, done: (error: Error | undefined, result: Buffer) => void): void;
  close(): void;
}

function streamed(stream: Deflate | Inflate, maxBytes: number): Compressor {
  let chunks: Buffer[] = [];
  let size = 0;
  let current: ((error: Error | undefined, result: Buffer) => void) | undefined;
  const finish = (error?: Error): void => {
    const done = current;
    current = undefined;
    done?.(error, Buffer.concat(chunks));
  };
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else finish(new SshProtocolError("compressed packet too large", "Packet corrupt"));
  });
  stream.on("error", () => finish(new SshProtocolError("bad compressed data", "Packet corrupt")));
  return {
    run: (payload, done) => {
      chunks = [];
      size = 0;
      current = done;
      stream.write(payload, () => finish());
    },
    close: () => stream.destroy(),
  };
}

const flush = { flush: constants.Z_PARTIAL_FLUSH } as const;

export const createDeflater = (): Compressor => streamed(createDeflate(flush), Number.POSITIVE_INFINITY);
export const createInflater = (): Compressor => streamed(createInflate(flush), MAX_INFLATED);
