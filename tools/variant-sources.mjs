// SPDX-License-Identifier: MIT
// npm run variants: writes the source text of the kernel variants anew, for showing it in notebooks.
import { readFileSync, writeFileSync } from "node:fs";
import { variantSources } from "./reference/variant-sources.mjs";

/** @param {string} path below lib/src/kernel */
const read = (path) => readFileSync(new URL(`../lib/src/kernel/${path}`, import.meta.url), "utf8");

writeFileSync(new URL("../lib/src/kernel/variants/sources.ts", import.meta.url), variantSources(read));
