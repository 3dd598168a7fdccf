const names = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** English name of a two-letter code; the code itself when the browser knows none. */
export function countryName(code: string): string {
  try {
    return names.of(code.toUpperCase()) ?? code;
  } catch {
    return code;
  }
}
