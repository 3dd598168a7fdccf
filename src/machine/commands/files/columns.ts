/** Cells in as many columns as fit `total`, filled downwards as `ls` does. */
export function columns(
  cells: readonly { readonly text: string; readonly width: number }[],
  total: number,
): string {
  const count = cells.length;
  for (let rows = 1; rows <= count; rows++) {
    const widths: number[] = [];
    for (let at = 0; at < count; at += rows)
      widths.push(Math.max(...cells.slice(at, at + rows).map((cell) => cell.width)) + 2);
    if (rows < count && widths.reduce((sum, width) => sum + width, 0) - 2 >= total) continue;
    let out = "";
    for (let row = 0; row < rows; row++) {
      let line = "";
      for (let column = 0; column < widths.length; column++) {
        const cell = cells[column * rows + row];
        if (cell === undefined) break;
        const last = cells[(column + 1) * rows + row] === undefined;
        line += cell.text + (last ? "" : " ".repeat((widths[column] ?? 0) - cell.width));
      }
      out += `${line}\n`;
    }
    return out;
  }
  return "";
}
