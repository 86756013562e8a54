// SPDX-License-Identifier: MIT
// npm run reference: writes the patch map, the glossary and the symbol index anew.
import { readFileSync, writeFileSync } from "node:fs";
import { GLOSSARY } from "../lib/dist/course/glossary/glossary.js";
import { glossaryPage } from "./reference/glossary.mjs";
import { introducedIn, introducedSource } from "./reference/introduced.mjs";
import { readNotebooks } from "./reference/notebooks.mjs";
import { patchMapPage } from "./reference/patch-map.mjs";
import { modelledSymbols, symbolsPage } from "./reference/symbols.mjs";

/** @param {string} name */
const inDocs = (name) => new URL(`../docs/${name}`, import.meta.url);

const patchMap = JSON.parse(readFileSync(inDocs("data/patch-map.json"), "utf8"));
writeFileSync(inDocs("patch-map.md"), patchMapPage(patchMap));

const notebooks = readNotebooks();
const introduced = introducedIn(GLOSSARY, notebooks);
const introducedFile = new URL("../lib/src/course/glossary/introduced.ts", import.meta.url);
writeFileSync(introducedFile, introducedSource(introduced));
writeFileSync(inDocs("glossary.md"), glossaryPage(GLOSSARY, introduced));

writeFileSync(inDocs("symbols.md"), symbolsPage(modelledSymbols(notebooks)));
