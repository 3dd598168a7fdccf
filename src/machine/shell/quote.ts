/** A control character: whatever is none of the others. */
const control = /[^\u0020-\u007e\u0080-\uffff]/;
const controls = new RegExp(control, "g");
const controlOtherThanLayout = /[^\t\n\u0020-\u007e\u0080-\uffff]/;

/** As `set`, `declare -p` and `alias` print values. */
export function singleQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As `set` prints: quotes only where needed. */
export function quoteWhenNeeded(text: string): string {
  if (text === "") return "";
  if (control.test(text)) return ansiQuote(text);
  return /^[\w@%+=:,./-]*$/.test(text) && !text.startsWith("=") ? text : singleQuote(text);
}

/** As `printf %q` prints. */
export function shellQuote(text: string): string {
  if (text === "") return "''";
  if (control.test(text)) return ansiQuote(text);
  return text.replace(/[^\w@%+=:,./\u0080-\uffff-]/g, "\\$&").replace(/^~/, "\\~");
}

export function ansiQuote(text: string): string {
  if (!control.test(text)) return singleQuote(text);
  const names: Readonly<Record<string, string>> = {
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\x07": "\\a",
    "\b": "\\b",
    "\x1b": "\\E",
    "\f": "\\f",
    "\v": "\\v",
  };
  const body = text
    .replace(/[\\']/g, "\\$&")
    .replace(
      controls,
      (character) => names[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
    );
  return `$'${body}'`;
}

/** As `declare -p` prints. */
export function doubleQuote(text: string): string {
  if (controlOtherThanLayout.test(text)) return ansiQuote(text);
  return `"${text.replace(/[\\"$`]/g, "\\$&")}"`;
}
