import { join } from "node:path";
import * as z from "zod";

export const keeperSettings = z.strictObject({
  artifactsRoot: z.string().default("").meta({
    description:
      "captured files and recordings, in the host's custody; unset = `artifacts` in the data folder",
    env: "DECNET_ARTIFACTS_ROOT",
  }),
  artifactsMaxBytes: z.coerce
    .number()
    .int()
    .min(1_048_576)
    .default(20 * 1024 ** 3)
    .meta({
      description: "bytes of captured files and recordings above which new ones are refused",
      env: "DECNET_ARTIFACTS_MAX_BYTES",
    }),
});

export type KeeperSettings = z.output<typeof keeperSettings>;

export const artifactsRootOf = (dataDir: string, settings: Pick<KeeperSettings, "artifactsRoot">): string =>
  settings.artifactsRoot === "" ? join(dataDir, "artifacts") : settings.artifactsRoot;

/** Where the decoys of a data folder leave what they captured: `<drop>/<decky>/<slug>/…`. */
export const dropRootOf = (dataDir: string): string => join(dataDir, "drop");
