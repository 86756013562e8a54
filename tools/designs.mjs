// SPDX-License-Identifier: MIT
// npm run designs: plays every design on every scenario and writes the page that compares them.
import { writeFileSync } from "node:fs";
import * as sim from "tsm-map-sim";
import { designReference } from "./reference/designs.mjs";

// The page takes the types of the sources, and these are those of the build.
const { compareDesigns, momentTable, scenarios } = /** @type {any} */ (sim);
const page = new URL("../docs/reference/designs.md", import.meta.url);
writeFileSync(page, designReference(compareDesigns(), scenarios, momentTable));
