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
  // What a cell prints can be the name of a class or a function of the library.
  worker: { format: "es", rolldownOptions: { output: { keepNames: true } } },
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
