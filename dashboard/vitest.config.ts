import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  root: import.meta.dirname,
  test: {
    name: "dashboard",
    environment: "jsdom",
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    setupFiles: ["./testing/setup.ts"],
    maxWorkers: 2,
  },
});
