import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  root: import.meta.dirname,
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "dashboard",
          environment: "jsdom",
          include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
          setupFiles: ["./testing/setup.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "dashboard-browser",
          include: ["testing/**/*.browser.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
