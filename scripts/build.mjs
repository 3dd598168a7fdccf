// `npm run build`, and before `npm pack`: our own TypeScript becomes JavaScript in dist/, because Node does not
// strip types below node_modules. Dependencies stay outside; dynamic imports stay chunks, so a decky's process
// never loads the API.
import { chmodSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { ensureDashboard, root } from "./setup.mjs";

const outdir = join(root, "dist");
rmSync(outdir, { recursive: true, force: true });

/** `#room/file.ts` is package.json's `imports`; everything else without a dot is a dependency. */
const rooms = {
  name: "rooms",
  setup(context) {
    context.onResolve({ filter: /^#/ }, ({ path }) => ({ path: resolve(root, "src", path.slice(1)) }));
    context.onResolve({ filter: /^[^.#/]/ }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path, external: true },
    );
  },
};

await build({
  entryPoints: { decnet: join(root, "src/cli/main.ts") },
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "none",
  plugins: [rooms],
  logLevel: "warning",
});
chmodSync(join(outdir, "decnet.js"), 0o755);
ensureDashboard();
