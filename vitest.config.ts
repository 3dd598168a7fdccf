import { defineConfig } from "vitest/config";

const ofParts = ["src/**/*.process.test.ts"];
const ofProduct = ["test/**/*.process.test.ts"];
const browser = ["test/**/*.browser.test.ts"];
const patient = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // Real daemons share two cores: more workers only make each slower and deadlines miss.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.ts"], exclude: ofParts } },
      // Parts against real processes and clients; most of their time is waiting, so two files run at once.
      { extends: true, test: { name: "process", include: ofParts, ...patient } },
      // The whole product, one at a time: it wants both cores and takes the decoys' ports.
      { extends: true, test: { name: "product", include: ofProduct, fileParallelism: false, ...patient } },
      {
        extends: true,
        test: {
          name: "browser",
          include: browser,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
