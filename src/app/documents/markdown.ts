/** A cell of a table: one line, and no bar that would end it. */
const cell = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim();

export function* table(head: readonly string[], rows: Iterable<readonly string[]>): Generator<string> {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  yield line(head);
  yield line(head.map(() => "---"));
  for (const row of rows) yield line(row);
}

export const code = (text: string): string => `\`${text}\``;

/** Says of a whole document that editing it by hand is in vain. */
export const generatedFrom = (what: string): string =>
  `<!-- Made by \`npm run docs\` from ${what}; do not edit. -->`;

/**
 * Replaces what stands between `<!-- made: NAME -->` and `<!-- /made -->` in a document written by hand.
 *
 * @throws {Error} when the document has no such block, or one that nobody fills
 */
export function fillBlocks(text: string, blocks: Readonly<Record<string, Iterable<string>>>): string {
  const open = new Set(Object.keys(blocks));
  const filled = text.replaceAll(
    /(<!-- made: ([a-z-]+) -->\n)[\s\S]*?(<!-- \/made -->)/g,
    (_block, head: string, name: string, end: string) => {
      const lines = blocks[name];
      if (lines === undefined) throw new Error(`nothing fills the block "${name}"`);
      open.delete(name);
      return `${head}\n${[...lines].join("\n")}\n\n${end}`;
    },
  );
  if (open.size > 0) throw new Error(`no block for ${[...open].join(", ")}`);
  return filled;
}
