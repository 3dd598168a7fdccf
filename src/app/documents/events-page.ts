import * as z from "zod";
import { decoys } from "#decoys/registry.ts";
import { describeEvents, type EventDescription, type EventSchemas } from "#events/catalogue.ts";
import { boundFields, commonEvents, lifecycleEvents } from "#events/common-events.ts";
import { pipelineEvents } from "#events/pipeline-events.ts";
import { fileEvents, sessionEvents } from "#events/session-events.ts";
import { code, generatedFrom, table } from "./markdown.ts";

interface Group {
  readonly title: string;
  readonly intro: string;
  readonly events: EventSchemas;
}

const without = (events: EventSchemas, others: EventSchemas): EventSchemas =>
  Object.fromEntries(Object.entries(events).filter(([type, schema]) => others[type] !== schema));

/** Catalogues that several decoys share. */
const shared: readonly Group[] = [
  {
    title: "Connections",
    intro: "Events of every TCP decoy.",
    events: commonEvents,
  },
  {
    title: "Sessions",
    intro: "Of every decoy that has a shell or runs commands.",
    events: without(sessionEvents, fileEvents),
  },
  { title: "Captured files", intro: "Of every decoy that takes files.", events: fileEvents },
  {
    title: "Decoys about themselves",
    intro: "They have no address of a peer.",
    events: lifecycleEvents,
  },
  {
    title: "The pipeline about itself",
    intro: "Written by the collector and the keeper; APP-NAME `collector`.",
    events: pipelineEvents,
  },
];

function* describeFields(fields: EventDescription["fields"]): Generator<readonly string[]> {
  for (const { key, optional, meaning } of fields) yield [code(key), optional ? "no" : "yes", meaning];
}

function* eventSection({ type, description, since, origin, fields }: EventDescription): Generator<string> {
  yield `### ${code(type)}`;
  yield "";
  yield `${description} Since ${since}${origin === "attacker" ? "" : `; origin ${origin}`}.`;
  yield "";
  if (fields.length === 0) return;
  yield* table(["field", "always", "meaning"], describeFields(fields));
  yield "";
}

function* groupSection({ title, intro, events }: Group): Generator<string> {
  yield `## ${title}`;
  yield "";
  yield intro;
  yield "";
  for (const event of describeEvents(events)) yield* eventSection(event);
}

/** Decoys that have the very same events of their own, in one group. */
function decoyGroups(): readonly Group[] {
  const known: EventSchemas = Object.assign({}, ...shared.map(({ events }) => events));
  const groups: (Group & { readonly slugs: string[] })[] = [];
  for (const { slug, title, events } of decoys) {
    const own = without(events, known);
    const types = Object.keys(own);
    const same = groups.find(
      (group) =>
        types.length === Object.keys(group.events).length &&
        types.every((type) => group.events[type] === own[type]),
    );
    if (same !== undefined) same.slugs.push(slug);
    else groups.push({ title, intro: "", events: own, slugs: [slug] });
  }
  return groups.map(({ slugs, events }) => ({
    title: slugs.join(", "),
    intro: introOf(slugs),
    events,
  }));
}

/** Which shared groups come as well; a group that comes only in part is told type by type. */
function introOf(slugs: readonly string[]): string {
  const events = decoys.find(({ slug }) => slug === slugs[0])?.events ?? {};
  const also = shared.flatMap((group) => {
    const types = Object.keys(group.events);
    const present = types.filter((type) => events[type] === group.events[type]);
    return present.length === types.length ? [group.title] : present.map(code);
  });
  return `Beside ${also.join(", ")}:`;
}

/** Each event type with its fields, from the catalogues that decoys and pipeline are checked against. */
export function* eventsPage(): Generator<string> {
  yield generatedFrom("the event catalogues");
  yield "# Events";
  yield "";
  yield "What decoys and the pipeline record: the `event_type` of a record and its `fields`. How a line becomes a";
  yield "record stands in [records.md](records.md). Fields are only ever added; a changed meaning is a new event.";
  yield "";
  yield "## Fields of every event about a peer";
  yield "";
  yield "The connection adds them, a decoy can neither state nor change them. `repeats` is how many events like";
  yield "it were held back on this connection because a limit was reached ([decoys.md](decoys.md)).";
  yield "";
  yield* table(
    ["field", "always", "meaning"],
    describeFields(describeEvents({ bound: z.object(boundFields) })[0]?.fields ?? []),
  );
  yield "";
  for (const group of [...shared, ...decoyGroups()]) yield* groupSection(group);
}
