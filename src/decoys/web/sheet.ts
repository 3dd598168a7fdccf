/** A header of an answer; without a value it is left out. */
export type Line = readonly [name: string, value: string | undefined];

/** A value under a condition. */
export const when = (condition: boolean, value: string): string | undefined =>
  condition ? value : undefined;

/** Status line and headers in wire order, with the empty line behind them. */
export const sheet = (status: string, lines: readonly Line[]): Buffer =>
  Buffer.from(
    `${[status.trimEnd(), ...lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))].join("\r\n")}\r\n\r\n`,
    "latin1",
  );

/** One chunk and the end. */
export const chunked = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n0\r\n\r\n")]);

export const httpDate = (ms: number): string => new Date(ms).toUTCString();
