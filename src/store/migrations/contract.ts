/** One forward step. A step that has been released never changes: its hash is in every store it ran on. */
export interface Migration {
  /** `0001-what`: four digits give the order. */
  readonly name: string;
  readonly sqlite: string;
}
