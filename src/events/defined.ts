/** The same object without the keys that have no value; the order of the keys stays. */
export function defined<T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): T {
  const kept: Record<string, unknown> = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept as T;
}
