export interface Api {
  readonly x: 1;
}
