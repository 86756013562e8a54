// SPDX-License-Identifier: MIT
// npm run reference: writes the page with the findings anew.
import { readFileSync, writeFileSync } from "node:fs";
import { findingsPage } from "./reference/findings.mjs";

const data = new URL("../docs/data/findings.json", import.meta.url);
const page = new URL("../docs/reference/findings.md", import.meta.url);
writeFileSync(page, findingsPage(JSON.parse(readFileSync(data, "utf8"))));
