import { evidence } from "./0001-evidence.ts";
import { analysis } from "./0002-analysis.ts";
import { people } from "./0003-people.ts";
import type { Migration } from "./contract.ts";

export const migrations: readonly Migration[] = [evidence, analysis, people];
