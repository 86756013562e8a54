// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "./command-line.mjs";
import { diffNotebooks } from "./notebook-diff.mjs";
import { runNotebook } from "./notebook-run.mjs";

const USAGE = `Usage: npm run notebooks [-- [--check] [NOTEBOOK or FOLDER ...]]

Runs notebooks, all in notebooks/ unless some are named, each in a fresh kernel,
and writes them with their new outputs.

  --check   write nothing; fail when an output is not, byte for byte, the committed one
  --help    show this text`;

const NOTEBOOKS = fileURLToPath(new URL("../notebooks", import.meta.url));

/** As many notebooks run at a time. */
const KERNELS = 2;

process.exitCode = await main();

/** @returns {Promise<number>} the exit code */
async function main() {
  const command = parseCommandLine(
    process.argv.slice(2),
    { check: { type: "boolean" }, help: { type: "boolean" } },
    { operands: true },
  );
  if (command.problem !== undefined) {
    console.error(`${command.problem}\n\n${USAGE}`);
    return 1;
  }
  if (command.values.help) {
    console.log(USAGE);
    return 0;
  }
  const places = command.operands.length > 0 ? command.operands : [NOTEBOOKS];
  const missing = places.find((place) => !statSync(place, { throwIfNoEntry: false }));
  if (missing !== undefined) {
    console.error(`There is no notebook or folder ${missing}.`);
    return 1;
  }
  const files = places.flatMap((place) => (statSync(place).isDirectory() ? notebooksIn(place) : [place]));
  if (files.length === 0) {
    console.log(`There are no notebooks in ${places.map(shortName).join(", ")}: nothing to run.`);
    return 0;
  }

  const check = command.values.check === true;
  const results = await inTurns(files, (file) => runFile(file, check));
  for (const { report } of results) console.log(report.join("\n"));
  const bad = results.filter((result) => !result.good).length;
  console.log(
    bad === 0
      ? `${files.length} of ${files.length} notebooks are good.`
      : `${bad} of ${files.length} notebooks are not good.`,
  );
  return bad === 0 ? 0 : 1;
}

/**
 * @param {string} file
 * @param {boolean} check
 * @returns {Promise<{ good: boolean, report: string[] }>}
 */
async function runFile(file, check) {
  const name = shortName(file);
  const committed = readFileSync(file, "utf8");
  try {
    const { text, cellsRun, failure } = await runNotebook(file, committed);
    if (failure) return { good: false, report: [`FAILED  ${name}, cell ${failure.cell}`, failure.message] };
    if (text === committed) return { good: true, report: [`same    ${name}, ${cellsRun} cells`] };
    if (check) return { good: false, report: [`DIFFERS ${name}`, ...diffNotebooks(committed, text)] };
    writeFileSync(file, text);
    return { good: true, report: [`written ${name}, ${cellsRun} cells`] };
  } catch (error) {
    return { good: false, report: [`FAILED  ${name}`, /** @type {Error} */ (error).message] };
  }
}

/** @param {string} folder */
function notebooksIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort()
    .map((name) => path.join(folder, name));
}

/** @param {string} file */
function shortName(file) {
  return path.relative(process.cwd(), path.resolve(file)) || ".";
}

/**
 * Does some work for each item, a few at a time; the results are in the order of the items.
 *
 * @template Item, Result
 * @param {Item[]} items
 * @param {(item: Item) => Promise<Result>} work
 * @returns {Promise<Result[]>}
 */
async function inTurns(items, work) {
  /** @type {Result[]} */
  const results = [];
  const todo = items.entries();
  const worker = async () => {
    for (const [index, item] of todo) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: KERNELS }, worker));
  return results;
}
