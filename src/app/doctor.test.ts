import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockFolder } from "#kernel/instance-lock.ts";
import { examine } from "./doctor.ts";

const makers = {
  "decnet up": (folder: string) => {
    using _lock = lockFolder(folder);
  },
  "decnet doctor": async (dataDir: string) => {
    await examine({ dataDir, api: { host: "127.0.0.1", port: 0 }, dockerHost: "" });
  },
};

test.each(Object.entries(makers))(
  "a new data folder is its owner's alone, whoever makes it: %s",
  async (_who, make) => {
    const above = mkdtempSync(join(tmpdir(), "decnet-doctor-"));
    try {
      const folder = join(above, "data");
      await make(folder);
      expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
    } finally {
      rmSync(above, { recursive: true });
    }
  },
);
