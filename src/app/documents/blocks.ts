import { globSync } from "node:fs";
import * as z from "zod";
import { decoys } from "#decoys/registry.ts";
import { archetypes } from "#fleet/archetypes.ts";
import { settingsTable } from "#kernel/config.ts";
import type { WorldSettings } from "#machine/model.ts";
import { defaultWorldSettings } from "#machine/settings.ts";
import { machineLimits, type Limits as ShellLimits } from "#machine/shell/budget.ts";
import { allowed } from "../../../.dependency-cruiser.mjs";
import { configSchema } from "../config.ts";
import { code, table } from "./markdown.ts";

/** What each room is for. A room without a line here does not get into the table, and the test says so. */
const rooms: Readonly<Record<string, string>> = {
  kernel: "settings, log, errors, clocks, supervisor, threads; knows no product word",
  events: "the record, the codec of the line, the catalogue of event types",
  fingerprints: "bytes in, JA3, JA4 and HASSH out; no state",
  bus: "topics and hints inside one process and between its threads",
  journal: "append, read from a position, seal, retire",
  store: "tables, migrations, repositories, query threads",
  machine: "the pretend computer behind a shell",
  decoys: "one folder a service, and the runtime they stand on",
  collector: "lines of the decoys become journal records; the keeper takes their files",
  ingest: "journal records become rows",
  analysis: "rows become sessions, profiles, counts",
  sensors: "facts of the network, by watching and by asking",
  fleet: "which deckies exist, who they are, where they listen",
  api: "HTTP, live stream, sign-in",
  app: "puts everything together",
  cli: "one file a command",
};

/** Rooms that hold code already; the rules name others that will. */
export const roomsOf = (root: string): readonly string[] =>
  Object.keys(allowed).filter((room) => globSync(`src/${room}/**/*.ts`, { cwd: root }).length > 0);

export function* roomsBlock(root: string): Generator<string> {
  const present = roomsOf(root);
  const rows = present.map((room) => {
    const imports = allowed[room]?.filter((other) => present.includes(other)) ?? [];
    return [
      code(`src/${room}/`),
      rooms[room] ?? "",
      imports.length === 0 ? "nothing of ours" : imports.map(code).join(" "),
    ];
  });
  yield* table(["room", "holds", "may import"], rows);
}

const defaultPorts = (decoy: (typeof decoys)[number]): string =>
  decoy
    .ports(decoy.persona.parse({}))
    .map(({ port, proto }) => `${port}/${proto}`)
    .join(", ");

export function* decoysBlock(): Generator<string> {
  yield* table(
    ["service", "speaks", "port", "on"],
    decoys.map((decoy) => [
      `[${decoy.slug}](../src/decoys/${decoy.slug}/README.md)`,
      decoy.title,
      defaultPorts(decoy),
      archetypes
        .filter(({ services }) => (services as readonly string[]).includes(decoy.slug))
        .map(({ name }) => code(name))
        .join(", "),
    ]),
  );
}

const grouped = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, " ");

export const limitsBlock = (): Iterable<string> =>
  settingsTable(z.strictObject({ decoys: configSchema.shape.decoys }));

const shellWords: Readonly<Record<keyof ShellLimits, string>> = {
  cpuMsPerCommand: "milliseconds of processor time of one line, with all it starts",
  loopIterations: "turns of all loops of one line",
  commandsPerLine: "commands that one line runs",
  recursion: "depth of functions, sourced files and substitutions",
  pipelineLength: "commands in one pipeline",
  outputBytes: "bytes that one line sends to the attacker",
  outputBytesPerSecond: "bytes a second; above it the output is slowed",
  substitutionBytes: "bytes of one command substitution",
  processes: "processes of one session",
  openFiles: "open files of one process",
  jobs: "background jobs of one shell",
};

const worldWords: Readonly<Record<keyof WorldSettings, string>> = {
  ttlDays: "days without use after which a world is retired",
  maxWorlds: "worlds of one decky; the one unused longest goes first",
  maxBytes: "bytes of all worlds of one decky",
  maxWorldBytes: "bytes of one world; then the disk is full, as `df` has shown",
  maxWorldEntries: "changed or new entries of one world",
};

function* words<T extends object>(values: T, meanings: Readonly<Record<keyof T, string>>): Generator<string> {
  yield* table(
    ["limit", "value", "what it bounds"],
    (Object.keys(meanings) as (keyof T & string)[]).map((key) => [
      code(key),
      grouped(Number(values[key])),
      meanings[key],
    ]),
  );
}

export const shellLimitsBlock = (): Iterable<string> => words(machineLimits, shellWords);
export const worldLimitsBlock = (): Iterable<string> => words(defaultWorldSettings, worldWords);
