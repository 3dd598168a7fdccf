const URL_PATTERN = /\b(?:https?|ftp|tftp):\/\/[^\s"'`<>|;&()\\]{1,2000}/gi;
const MAX_URLS = 32;

/** URLs written in a text, each once. */
export function urlsIn(text: string): readonly string[] {
  return [...new Set(text.match(URL_PATTERN) ?? [])].slice(0, MAX_URLS);
}
