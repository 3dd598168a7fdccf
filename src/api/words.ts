/** Words of a plain search over one column; all must be found. At most 16. */
export const wordsOf = (search: string | undefined): readonly string[] =>
  (search ?? "")
    .split(/\s+/u)
    .filter((word) => word !== "")
    .slice(0, 16);
