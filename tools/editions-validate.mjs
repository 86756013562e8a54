// SPDX-License-Identifier: MIT
// npm run editions:validate [-- 00 07]: has nbgrader itself judge the learner's edition, of all notebooks or of some.
// As it is handed out it must be rejected at every exercise; with the solutions filled in it must be accepted; and a
// test that a learner emptied must be found.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { EXERCISES } from "../lib/dist/course/catalogue.js";
import { answered } from "./editions/edition.mjs";
import { nbgraderPython } from "./editions/nbgrader-environment.mjs";
import { verdictOn, withEmptiedTest } from "./editions/verdict.mjs";
import { jupyterEnvironment } from "./jupyter-lab.mjs";
import { formatNotebook, parseNotebook } from "./notebook-format.mjs";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const editions = path.join(root, "dist", "editions", "learner");
/** Inside the course's folder, where cells find the library. */
const work = path.join(root, ".cache", "editions");

const wanted = process.argv.slice(2);
const names = readdirSync(editions)
  .filter((name) => name.endsWith(".ipynb"))
  .filter((name) => wanted.length === 0 || wanted.includes(name.slice(0, 2)))
  .sort();

/** @param {string} id */
const solutionOf = (id) => EXERCISES.find((one) => one.id === id)?.solution.code ?? "";

rmSync(work, { recursive: true, force: true });
/** @type {string[]} */
const files = [];
for (const name of names) {
  const learner = parseNotebook(readFileSync(path.join(editions, name), "utf8"));
  const solved = answered(learner, solutionOf);
  const copies = { unsolved: learner, solved, emptied: withEmptiedTest(solved) };
  for (const [kind, notebook] of Object.entries(copies)) {
    const file = path.join(work, kind, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, formatNotebook(notebook, learner.metadata["language_info"]));
    files.push(file);
  }
}

const python = nbgraderPython(root, console.log);
const { status, stdout, stderr } = spawnSync(
  python,
  [fileURLToPath(new URL("editions/validate.py", import.meta.url)), ...files],
  { env: { ...jupyterEnvironment(root, process.env, "no server"), TSM_MAP_PROGRESS: "" }, encoding: "utf8" },
);
if (status !== 0) {
  console.error(stderr.slice(-3000));
  process.exit(1);
}
const verdicts = stdout
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line))
  .map((report) => {
    const kind = path.basename(path.dirname(report.path));
    return verdictOn(kind, `${path.basename(report.path)}, ${kind}`, report);
  });
for (const { line } of verdicts) console.log(line);
const bad = verdicts.filter(({ good }) => !good).length;
console.log(
  bad === 0
    ? `nbgrader judges ${names.length} notebooks as it should.`
    : `${bad} verdicts are not as they should be.`,
);
process.exitCode = bad === 0 ? 0 : 1;
