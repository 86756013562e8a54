// SPDX-License-Identifier: MIT
// npm run certificate: prints a learner's progress as a certificate, to dist/certificate.html.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { EXERCISES } from "../lib/dist/course/catalogue.js";
import { ProgressFormatError } from "../lib/dist/course/progress.js";
import { parseCommandLine } from "./command-line.mjs";
import { certificate } from "./workshop/certificate.mjs";

const USAGE = `Usage: npm run certificate -- --name NAME --date DATE [--notebooks 00,07 | --exercises ID,ID] [PROGRESS]

Writes dist/certificate.html when all exercises that count were accepted.

  --name       whose certificate it is
  --date       the date to be printed
  --notebooks  count only the exercises of these notebooks
  --exercises  count only these exercises, as a plan of the workshop names them
  PROGRESS     a file with the text of exportProgress(); without it, work/progress.json
  --help       show this text`;

const root = fileURLToPath(new URL("..", import.meta.url));
process.exitCode = main();

/** @returns {number} the exit code */
function main() {
  const string = /** @type {const} */ ({ type: "string" });
  const command = parseCommandLine(
    process.argv.slice(2),
    { name: string, date: string, notebooks: string, exercises: string, help: { type: "boolean" } },
    { operands: true },
  );
  if (command.problem !== undefined) return complain(`${command.problem}\n\n${USAGE}`);
  const { name, date, notebooks, exercises, help } = command.values;
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (typeof name !== "string" || typeof date !== "string")
    return complain(`A certificate needs a name and a date.\n\n${USAGE}`);
  const file = command.operands[0] ?? path.join(root, "work", "progress.json");
  if (!existsSync(file))
    return complain(`There is no file ${path.relative(process.cwd(), file)} with progress.`);
  try {
    const progress = readFileSync(file, "utf8");
    const chosen = {
      ...(typeof notebooks === "string" && { notebooks: notebooks.split(",") }),
      ...(typeof exercises === "string" && { only: exercises.split(",") }),
    };
    const made = certificate({ name, date, progress, ...chosen }, EXERCISES);
    if (made.problem !== undefined) return complain(made.problem);
    mkdirSync(path.join(root, "dist"), { recursive: true });
    writeFileSync(path.join(root, "dist", "certificate.html"), made.page);
    console.log("dist/certificate.html is written: open it in a browser and print it.");
    return 0;
  } catch (error) {
    if (!(error instanceof ProgressFormatError)) throw error;
    return complain(`The progress cannot be read: ${error.message}.`);
  }
}

/** @param {string} text */
function complain(text) {
  console.error(text);
  return 1;
}
