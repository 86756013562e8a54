// SPDX-License-Identifier: MIT
// node user-copies.mjs FOLDER: brings a user's copies of the notebooks up to date; one that is there is never written to.
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { updateCopies } from "../../tools/work-copies.mjs";

const COURSE = fileURLToPath(new URL("../..", import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("Usage: node user-copies.mjs FOLDER");
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
// A cell's import is looked for from the notebook's folder upwards.
const packages = path.join(folder, "node_modules");
if (!existsSync(packages)) symlinkSync(path.join(COURSE, "node_modules"), packages, "junction");
for (const sentence of updateCopies(path.join(COURSE, "notebooks"), folder).news) console.log(sentence);
