const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  });
  formats.set(timezone, made);
  return made;
}

/** Abbreviations as the zone files have them; others get the numeric form, as newer zone files do. */
const names: Readonly<Record<string, readonly [string, string]>> = {
  "Europe/Berlin": ["CET", "CEST"],
  "Europe/Paris": ["CET", "CEST"],
  "Europe/Madrid": ["CET", "CEST"],
  "Europe/Rome": ["CET", "CEST"],
  "Europe/Amsterdam": ["CET", "CEST"],
  "Europe/Vienna": ["CET", "CEST"],
  "Europe/Zurich": ["CET", "CEST"],
  "Europe/Warsaw": ["CET", "CEST"],
  "Europe/Prague": ["CET", "CEST"],
  "Europe/Stockholm": ["CET", "CEST"],
  "Europe/London": ["GMT", "BST"],
  "Europe/Helsinki": ["EET", "EEST"],
  "America/New_York": ["EST", "EDT"],
  "America/Chicago": ["CST", "CDT"],
  "America/Denver": ["MST", "MDT"],
  "America/Los_Angeles": ["PST", "PDT"],
  "Asia/Tokyo": ["JST", "JST"],
  "Asia/Shanghai": ["CST", "CST"],
  "Asia/Kolkata": ["IST", "IST"],
  "Australia/Sydney": ["AEST", "AEDT"],
};

/** Offsets by zone and quarter of an hour. */
const offsets = new Map<string, number>();
const MAX_OFFSETS = 5000;

function offsetAt(timezone: string, at: number): number {
  const quarter = Math.floor(at / 900);
  const key = `${timezone} ${String(quarter)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(quarter * 900_000)
      .map((part) => [part.type, Number(part.value)]),
  );
  const get = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local = Date.UTC(
    get("year"),
    get("month") - 1,
    get("day"),
    get("hour"),
    get("minute"),
    get("second"),
  );
  const offset = local / 1000 - quarter * 900;
  if (offsets.size >= MAX_OFFSETS) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

/** Seconds east of UTC and the short name of a zone at a moment. */
export function zoneAt(timezone: string, at: number): { readonly offset: number; readonly name: string } {
  if (timezone === "Etc/UTC" || timezone === "UTC") return { offset: 0, name: "UTC" };
  const offset = offsetAt(timezone, at);
  const pair = names[timezone];
  if (pair === undefined) {
    const hours = Math.floor(Math.abs(offset) / 3600);
    const minutes = Math.floor((Math.abs(offset) % 3600) / 60);
    const sign = offset < 0 ? "-" : "+";
    return {
      offset,
      name: `${sign}${String(hours).padStart(2, "0")}${minutes === 0 ? "" : String(minutes).padStart(2, "0")}`,
    };
  }
  const winter = Math.min(offsetAt(timezone, 1_736_899_200), offsetAt(timezone, 1_752_537_600));
  return { offset, name: offset === winter ? pair[0] : pair[1] };
}
