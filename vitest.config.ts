import { defineConfig } from "vitest/config";

const process = ["src/**/*.process.test.ts", "test/**/*.process.test.ts"];
const browser = ["test/**/*.browser.test.ts"];

export default defineConfig({
  test: {
    // Real daemons share two cores: more workers only make each slower and deadlines miss.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.ts"], exclude: [...process] } },
      {
        extends: true,
        test: {
          name: "process",
          include: process,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
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
