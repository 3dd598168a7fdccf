/** What each stage may import. Anything not listed is forbidden; `app` composes and nobody but `cli` imports it. */
export const allowed = {
  kernel: [],
  events: ["kernel"],
  fingerprints: ["kernel"],
  bus: ["events", "kernel"],
  journal: ["events", "kernel"],
  store: ["events", "kernel"],
  machine: ["kernel"],
  decoys: ["events", "kernel", "machine", "fingerprints"],
  collector: ["events", "kernel", "bus", "journal"],
  ingest: ["events", "kernel", "bus", "journal", "store"],
  analysis: ["events", "kernel", "bus", "store"],
  sensors: ["events", "kernel", "bus", "journal", "store", "fingerprints"],
  fleet: ["events", "kernel", "bus", "store", "decoys"],
  api: [
    "events",
    "kernel",
    "fingerprints",
    "bus",
    "journal",
    "store",
    "machine",
    "analysis",
    "sensors",
    "fleet",
  ],
  app: [
    "events",
    "kernel",
    "fingerprints",
    "bus",
    "journal",
    "store",
    "machine",
    "decoys",
    "collector",
    "ingest",
    "analysis",
    "sensors",
    "fleet",
    "api",
  ],
  cli: ["app", "fleet", "kernel"],
};

const stages = Object.entries(allowed).map(([stage, imports]) => ({
  name: `stage-${stage}`,
  severity: "error",
  from: { path: `^src/${stage}/` },
  to: { path: "^src/", pathNot: `^src/(${[stage, ...imports].join("|")})/` },
}));

/** Folders inside a plugin room that are no plugins: engines that several plugins stand on. */
const engines = { decoys: ["runtime", "web", "terminal", "testing"], analysis: ["runner"] };

const plugins = Object.entries(engines).map(([room, shared]) => ({
  name: `${room}-are-islands`,
  severity: "error",
  from: { path: `^src/${room}/([^/]+)/`, pathNot: `^src/${room}/(${shared.join("|")})/` },
  to: { path: `^src/${room}/[^/]+/`, pathNot: `^src/${room}/($1|${shared.join("|")})/` },
}));

export default {
  forbidden: [
    ...stages,
    ...plugins,
    {
      name: "fleet-sees-only-the-catalogue",
      severity: "error",
      from: { path: "^src/fleet/", pathNot: "\\.test\\.ts$" },
      to: { path: "^src/decoys/", pathNot: "^src/decoys/(registry|persona|contract)\\.ts$" },
    },
    {
      name: "unknown-folder",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: `^src/(${Object.keys(allowed).join("|")})/` },
      to: {},
    },
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-test-code-in-product",
      severity: "error",
      from: { path: "^src/", pathNot: "\\.test\\.ts$|/testing\\.ts$|/testing/" },
      to: { path: "\\.test\\.ts$|/testing\\.ts$|/testing/" },
    },
    { name: "unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
