/** At most `max` UTF-16 units, never ending inside a pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

const MAX_VALUE = 4096;
const MAX_KEYS = 64;

/** JSON of `fields` of at most `max` characters: long values are cut first, then keys are left out. */
export function fieldsJson(
  fields: Readonly<Record<string, string>>,
  max: number,
): { json: string; cut: boolean } {
  const json = JSON.stringify(fields);
  if (json.length <= max) return { json, cut: false };
  const shorter = Object.entries(fields).map(([key, value]) => [key, cutText(value, MAX_VALUE)] as const);
  const all = JSON.stringify(fromEntries(shorter));
  if (all.length <= max) return { json: all, cut: true };
  const budget = Math.floor(max / MAX_KEYS / 8);
  const few = shorter
    .slice(0, MAX_KEYS)
    .map(([key, value]) => [cutText(key, 64), cutText(value, budget)] as const);
  return { json: JSON.stringify(fromEntries(few)), cut: true };
}

/** Keys are attacker data: `__proto__` is a key like any other. */
function fromEntries(entries: readonly (readonly [string, string])[]): Record<string, string> {
  const object = Object.create(null) as Record<string, string>;
  for (const [key, value] of entries) object[key] = value;
  return object;
}
