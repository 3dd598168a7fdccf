/** Small readers for what stands in the URL. What does not fit is dropped, never guessed. */
type Raw = Readonly<Record<string, unknown>>;

export function text(raw: Raw, key: string, most = 512): string | undefined {
  const value = raw[key];
  return typeof value === "string" && value !== "" && value.length <= most ? value : undefined;
}

export function oneOf<const T extends string>(raw: Raw, key: string, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === raw[key]);
}

export function number(raw: Raw, key: string, least: number, most: number): number | undefined {
  const value = Number(raw[key]);
  return raw[key] !== undefined &&
    raw[key] !== "" &&
    Number.isFinite(value) &&
    value >= least &&
    value <= most
    ? value
    : undefined;
}

/** Leaves out what is undefined, so that the URL stays short. */
export function compact<T extends object>(search: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Plain `key=value` pairs: a URL that a person can read, write and paste into a report. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([key, value]): [string, string] => [key, String(value)]);
  const text = new URLSearchParams(pairs).toString();
  return text === "" ? "" : `?${text}`;
}

/**
 * The present search with some parameters changed; what is undefined goes. For `search` of links and of
 * `navigate`, whose own types know only all routes at once.
 */
export const changed = <S extends object>(change: { readonly [K in keyof S]?: S[K] | undefined }): never =>
  ((before: object) => compact({ ...before, ...change })) as never;

/** Values of form controls as parameters: the empty text takes the parameter away. */
export const chosen = (
  values: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value || undefined]));
