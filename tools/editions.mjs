// SPDX-License-Identifier: MIT
// npm run editions: writes the learner's and the instructor's edition of each notebook to dist/editions.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { EXERCISES } from "../lib/dist/course/catalogue.js";
import { instructorEdition, learnerEdition } from "./editions/edition.mjs";
import { formatNotebook, parseNotebook } from "./notebook-format.mjs";

const from = new URL("../notebooks/", import.meta.url);
const to = new URL("../dist/editions/", import.meta.url);
const editions = { learner: learnerEdition, instructor: instructorEdition };

const names = readdirSync(from)
  .filter((name) => name.endsWith(".ipynb"))
  .sort();
for (const [edition, make] of Object.entries(editions)) {
  const folder = new URL(`${edition}/`, to);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const notebook = parseNotebook(readFileSync(new URL(name, from), "utf8"));
    const text = formatNotebook(make(notebook, EXERCISES), notebook.metadata["language_info"]);
    writeFileSync(new URL(name, folder), text);
  }
  console.log(`dist/editions/${edition}: ${names.length} notebooks`);
}
