// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** What `npm start` itself uses of the packages; the rest is the tests'. */
const NEEDED = ["typescript", "tslab", "zeromq"];
/** npm writes this when an install is complete, and takes it away before it begins. */
const COMPLETE = ".package-lock.json";

/**
 * Whether the packages are there: all of an install, and of this version of the course.
 *
 * @param {string} root
 * @returns {string | undefined}  what is in the way
 */
export function packagesProblem(root) {
  const folder = path.join(root, "node_modules");
  if (!existsSync(folder)) return "The course's packages are not installed: run npm ci first.";
  if (!existsSync(path.join(folder, COMPLETE)) || !existsSync(path.join(folder, "tsm-map-sim")))
    return "The installation of the course's packages was interrupted: run npm ci again.";
  const { dependencies } = readJson(path.join(root, "package.json"));
  for (const name of NEEDED) {
    const installed = readJson(path.join(folder, name, "package.json"))?.version;
    if (installed === undefined)
      return `The package ${name} is missing or damaged: run npm ci again, without --omit.`;
    if (installed !== dependencies[name])
      return `The package ${name} is of another version of the course (${installed}, not ${dependencies[name]}): run npm ci again.`;
  }
  return undefined;
}

/**
 * @param {string} file
 * @returns {any}  nothing when it is not there or is no JSON
 */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
