import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  plugins: [react()],
  worker: { format: "es" },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/healthz": "http://127.0.0.1:8000" } },
  build: {
    target: "es2023",
    sourcemap: false,
    // Fonts and images stay files: the page's policy has no `data:` for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // Foreign code apart from ours: it changes less often, and the safety scan can tell them apart.
        codeSplitting: {
          groups: [
            { name: "vendor-player", test: /node_modules[\\/](asciinema-player|solid-)/ },
            { name: "vendor-chart", test: /node_modules[\\/]uplot/ },
            { name: "vendor", test: /node_modules[\\/](?!asciinema-player|solid-|uplot)/ },
          ],
        },
      },
    },
  },
});
