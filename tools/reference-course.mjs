// SPDX-License-Identifier: MIT
// npm run reference: writes the patch map, the glossary and the symbol index anew.
import { readFileSync, writeFileSync } from "node:fs";
import { patchMapPage } from "./reference/patch-map.mjs";

/** @param {string} name */
const inDocs = (name) => new URL(`../docs/${name}`, import.meta.url);

const patchMap = JSON.parse(readFileSync(inDocs("data/patch-map.json"), "utf8"));
writeFileSync(inDocs("patch-map.md"), patchMapPage(patchMap));
