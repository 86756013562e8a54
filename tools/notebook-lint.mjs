// SPDX-License-Identifier: MIT
// npm run lint:notebooks: checks the form of every notebook, and says what is not right.
import { existsSync } from "node:fs";
import { EXERCISES, PREDICTIONS } from "../lib/dist/course/catalogue.js";
import { lintNotebook } from "./lint/rules.mjs";
import { readNotebooks } from "./reference/notebooks.mjs";

const folder = new URL("../notebooks/", import.meta.url);
const course = {
  exercises: EXERCISES,
  predictions: PREDICTIONS,
  exists: (/** @type {string} */ file) => existsSync(new URL(file, folder)),
};
const notebooks = readNotebooks();
const findings = notebooks.flatMap((notebook) =>
  lintNotebook(notebook, course).map((finding) => ({ name: notebook.name, ...finding })),
);
for (const { code, name, cell, message } of findings)
  console.log(`${code} notebooks/${name}.ipynb${cell === "" ? "" : `#${cell}`}: ${message}`);
console.log(`${notebooks.length} notebooks, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
