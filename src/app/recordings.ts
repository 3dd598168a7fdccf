import type { Recordings } from "#api/deps.ts";

export declare function openRecordings(root: string): Recordings;
