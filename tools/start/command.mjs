// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "../command-line.mjs";
import { findJupyterLab, labOf, labPath } from "../jupyter-lab.mjs";
import { findPython, makeEnvironment } from "../python-env.mjs";
import { updateCopies } from "../work-copies.mjs";
import { runJupyterLab } from "./lab.mjs";
import { packagesProblem } from "./packages.mjs";
import { placesProblem } from "./places.mjs";
import { firstFreePort, isPort, portProblem } from "./port.mjs";
import { runSite, siteProblem } from "./site.mjs";
import { folderProblem, ROOM_FOR_ENVIRONMENT, sentenceFor, troubleIn } from "./trouble.mjs";

/**
 * `npm start`: makes everything ready inside the course's folder, and opens JupyterLab on the first notebook. Without
 * Python it serves the course as a site instead.
 */

const USAGE = `Usage: npm start [-- [--port N] [--no-browser] [--prepare-only]]

Opens the course in JupyterLab. The notebooks that you work on are copies in work/.

  --port N        the port of JupyterLab; a free one from 8888 on unless given
  --no-browser    open no browser, only show the address
  --prepare-only  make everything ready, and start nothing
  --help          show this text`;

const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/**
 * Runs the command; its exit code becomes the process's.
 *
 * @param {string[]} args
 */
export async function runCommand(args) {
  try {
    process.exitCode = await main(args);
  } catch (error) {
    process.exitCode = explain(sentenceFor(error, ROOT));
  }
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main(args) {
  const command = parseCommandLine(args, {
    port: { type: "string" },
    "no-browser": { type: "boolean" },
    "prepare-only": { type: "boolean" },
    help: { type: "boolean" },
  });
  if (command.problem !== undefined) return explain(`${command.problem}\n\n${USAGE}`);
  if (command.values.help) {
    console.log(USAGE);
    return 0;
  }
  const { port: wanted, "no-browser": noBrowser, "prepare-only": prepareOnly } = command.values;
  if (wanted !== undefined && !isPort(wanted))
    return explain(`${wanted} is no port: give a number from 1 to 65535.`);
  const port = wanted === undefined ? await firstFreePort() : Number(wanted);
  const problem =
    packagesProblem(ROOT) ?? folderProblem(ROOT) ?? placesProblem(ROOT) ?? (await portProblem(port));
  if (problem !== undefined) return explain(problem);

  console.log("1/3  finding JupyterLab");
  const lab = findJupyterLab(ROOT, process.env) ?? (await installJupyterLab());
  if (typeof lab === "string") {
    explain(lab);
    return prepareOnly ? 1 : serveSite({ port, browser: noBrowser !== true });
  }

  console.log("2/3  building the library");
  if (!buildLibrary()) return 1;

  const { first, news } = updateCopies(path.join(ROOT, "notebooks"), path.join(ROOT, "work"));
  if (first === undefined) console.log("There are no notebooks in notebooks/.");
  for (const sentence of news) console.log(sentence);
  if (prepareOnly) {
    console.log("3/3  everything is ready: npm start opens the course");
    return 0;
  }

  console.log("3/3  starting JupyterLab");
  const open = labPath(first && `work/${first}`);
  return runJupyterLab(ROOT, lab, { port, browser: noBrowser !== true, open });
}

/**
 * @param {string} problem
 * @returns {number} the exit code
 */
function explain(problem) {
  console.error(problem);
  return 1;
}

/** @returns {boolean} whether it is built; if not, it was said why */
function buildLibrary() {
  const compiler = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", "lib"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status === 0) return true;
  explain(troubleIn(stdout, ROOT) ?? `${stdout}The library does not build; the lines above say why.`);
  return false;
}

/** @returns {Promise<string[] | string>} the command that starts it, or what is in the way */
async function installJupyterLab() {
  const python = findPython(process.env);
  if (python.problem !== undefined) return python.problem;
  const noRoom = folderProblem(ROOT, ROOM_FOR_ENVIRONMENT);
  if (noRoom !== undefined) return noRoom;
  console.log("     getting it, once: this takes half a minute to a few minutes");
  try {
    return labOf(await makeEnvironment(ROOT, python, (line) => console.log(`     ${line}`)));
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return troubleIn(message, ROOT) ?? `JupyterLab could not be installed: ${message}`;
  }
}

/**
 * The way to the course that needs no Python.
 *
 * @param {{ port: number, browser: boolean }} options
 * @returns {Promise<number>} the exit code
 */
async function serveSite(options) {
  const problem = siteProblem(ROOT);
  if (problem !== undefined) return explain(problem);
  console.log(
    "\nUntil then here is the course as a site, in which every notebook runs in the browser; building it.",
  );
  return runSite(ROOT, options);
}
