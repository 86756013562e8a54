// SPDX-License-Identifier: MIT
// npm run designs: plays every design on every scenario and writes the page that compares them.
import { writeFileSync } from "node:fs";
import { compareDesigns, momentTable, scenarios } from "tsm-map-sim";
import { designReference } from "./reference/designs.mjs";

const page = new URL("../docs/reference/designs.md", import.meta.url);
const results = /** @type {any} */ (compareDesigns());
writeFileSync(page, designReference(results, scenarios, momentTable));
