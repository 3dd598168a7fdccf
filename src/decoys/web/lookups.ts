export interface Callback {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly place: string;
}

/** Characters of one value that are looked at, and rounds of undoing nested lookups. */
const WINDOW = 8_192;
const ROUNDS = 24;

/** `${lower:j}`, `${::-j}`, `${env:X:-j}` hide the word from filters; this is what they stand for. */
function unfold(text: string): string {
  let now = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = now.replaceAll(/\$\{([^${}]{0,256})\}/g, (whole, inside: string) => {
      if (/^\s*jndi:/i.test(inside)) return whole;
      const fallback = inside.lastIndexOf(":-");
      if (fallback >= 0) return inside.slice(fallback + 2);
      const [, name = "", value = ""] = /^(\w+):(.*)$/s.exec(inside) ?? [];
      if (name.toLowerCase() === "lower") return value.toLowerCase();
      return name.toLowerCase() === "upper" ? value.toUpperCase() : "";
    });
    if (next === now) break;
    now = next;
  }
  return now;
}

/** Lookup strings that would make a vulnerable server call somebody; nothing is ever contacted. */
export function findCallbacks(values: Iterable<readonly [string, string]>): readonly Callback[] {
  const found: Callback[] = [];
  for (const [place, value] of values) {
    if (!value.includes("${")) continue;
    const text = unfold(value.slice(0, WINDOW));
    for (const [, scheme = "", host = "", path = ""] of text.matchAll(
      /\$\{\s*jndi:([a-z]{2,10}):\/{0,2}([^/}\s]{1,255})([^}\s]{0,1024})/gi,
    )) {
      if (found.length < 16) found.push({ scheme: scheme.toLowerCase(), host, path, place });
    }
  }
  return found;
}
