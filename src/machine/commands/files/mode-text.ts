/** A mode after `text` (octal or symbolic); undefined when the text is none. */
export function applyMode(text: string, mode: number, directory: boolean, umask = 0): number | undefined {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8) & 0o7777;
  let result = mode;
  for (const clause of text.split(",")) {
    const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
    if (!match) return undefined;
    const who = match[1] === "" ? "a" : (match[1] ?? "a");
    const mask = match[1] === "" ? ~umask : ~0;
    for (const action of match[2]?.match(/[-+=][rwxXstugo]*/g) ?? [])
      result = step(result, { who, action, directory, mask });
  }
  return result & 0o7777;
}

const shifts: ReadonlyMap<string, number> = new Map([
  ["u", 6],
  ["g", 3],
  ["o", 0],
]);
const plainBits: ReadonlyMap<string, number> = new Map([
  ["r", 4],
  ["w", 2],
  ["x", 1],
]);
const setIdBits: ReadonlyMap<string, number> = new Map([
  ["u", 0o4000],
  ["g", 0o2000],
]);

interface Change {
  readonly who: string;
  readonly action: string;
  readonly directory: boolean;
  readonly mask: number;
}

function step(mode: number, change: Change): number {
  const places = change.who.includes("a") ? "ugo" : change.who;
  let bits = 0;
  let clear = 0;
  for (const place of places) {
    clear |= 7 << (shifts.get(place) ?? 0);
    for (const letter of change.action.slice(1)) bits |= bitsOf(letter, place, mode, change.directory);
  }
  bits &= change.mask | 0o7000;
  const sign = change.action[0];
  if (sign === "+") return mode | bits;
  return sign === "-" ? mode & ~bits : (mode & ~clear) | bits;
}

/** What one letter of `rwxXstugo` stands for at one place of a mode. */
function bitsOf(letter: string, place: string, mode: number, directory: boolean): number {
  const shift = shifts.get(place) ?? 0;
  const plain = plainBits.get(letter);
  if (plain !== undefined) return plain << shift;
  if (letter === "X") return directory || (mode & 0o111) !== 0 ? 1 << shift : 0;
  if (letter === "s") return setIdBits.get(place) ?? 0;
  if (letter === "t") return 0o1000;
  return ((mode >> (shifts.get(letter) ?? 0)) & 7) << shift;
}
