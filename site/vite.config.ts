// SPDX-License-Identifier: MIT
import path from "node:path";
import { defineConfig, type Plugin } from "vite";
import { TRAVEL_SCRIPT } from "../lib/src/view/travel-script.ts";
import { sitePages } from "./build/plugin.ts";

const site = import.meta.dirname;

/** What Vite puts around each `import()`: without preloading there is nothing to do but to load. */
const plainImports: Plugin = {
  name: "plain-imports",
  enforce: "pre",
  load: (id) =>
    id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : undefined,
};

/** The library has the function that moves a recorded run as text; a page that may not run text has it as a module. */
const travel: Plugin = {
  name: "travel",
  resolveId: (id) => (id === "virtual:travel" ? id : undefined),
  load: (id) => (id === "virtual:travel" ? `export const start = ${TRAVEL_SCRIPT};` : undefined),
};

export default defineConfig({
  root: site,
  base: "./",
  publicDir: false,
  plugins: [plainImports, travel, sitePages(path.dirname(site))],
  // What a cell prints can be the name of a class or a function of the library.
  worker: { format: "es", rolldownOptions: { output: { keepNames: true } } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: {
        main: path.join(site, "client/main.ts"),
        notebook: path.join(site, "client/notebook.ts"),
        race: path.join(site, "client/race.ts"),
        slides: path.join(site, "client/slides.ts"),
        // Styles of the pages that are no notebooks.
        pages: path.join(site, "style/pages.css"),
      },
      // What several entries need is one file, not one for each module.
      output: {
        codeSplitting: {
          groups: [
            {
              name: "page",
              test: /client\/(?:dom|progress-names|reading|store|theme|search-button)\.ts$|preload-helper/,
            },
          ],
        },
      },
    },
  },
});
