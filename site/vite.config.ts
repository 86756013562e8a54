// SPDX-License-Identifier: MIT
import path from "node:path";
import { defineConfig } from "vite";
import { sitePages } from "./build/plugin.ts";

const site = import.meta.dirname;

export default defineConfig({
  root: site,
  base: "./",
  publicDir: false,
  plugins: [sitePages(path.dirname(site))],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: {
        main: path.join(site, "client/main.ts"),
        notebook: path.join(site, "client/notebook.ts"),
      },
    },
  },
});
