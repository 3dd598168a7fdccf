/** Words that loaders send to get from a vendor's menu to a shell; typed at a login prompt they are no names. */
const words: ReadonlySet<string> = new Set([
  "enable",
  "system",
  "shell",
  "linuxshell",
  "sh",
  "bash",
  "su",
  "development",
  "start-shell",
  "start shell",
  "config terminal",
  "iptables -F",
]);

const isCommand = (text: string): boolean =>
  words.has(text) ||
  /^(?:\/bin\/)?busybox\b/.test(text) ||
  /^(?:cat|echo|wget|tftp|curl|cd|rm|ps) \S/.test(text);

/** A family of loaders sends its words XORed with 9. */
const uncoded = (text: string): string =>
  Array.from(text, (c) => String.fromCharCode(c.charCodeAt(0) ^ 0x09)).join("");

/** @returns the word in clear, or `undefined` for what may be a name or password. */
export function gateWord(typed: string): string | undefined {
  const text = typed.trim();
  if (isCommand(text)) return text;
  const clear = uncoded(text);
  return text.length >= 2 && isCommand(clear) ? clear : undefined;
}
