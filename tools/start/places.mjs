// SPDX-License-Identifier: MIT
import { existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

/** The folders of the course that a start writes into, and what each is for. */
const FOLDERS = {
  work: "your copies of the notebooks belong",
  ".venv": "the Python environment belongs",
  ".cache": "Jupyter keeps its settings",
};

/**
 * Whether something else stands where a folder of the course belongs.
 *
 * @param {string} root  the course's folder
 * @returns {string | undefined}  one sentence, or nothing when all is well
 */
export function placesProblem(root) {
  for (const [name, purpose] of Object.entries(FOLDERS)) {
    const place = path.join(root, name);
    const found = lstatSync(place, { throwIfNoEntry: false });
    if (found === undefined) continue;
    if (!existsSync(place))
      return `${name}, where ${purpose}, is a link to something that is not there: remove the link, or make what it leads to, and start again.`;
    if (!statSync(place).isDirectory())
      return `${name}, where ${purpose}, is no folder: move it away and start again; it is as you left it.`;
  }
  return workProblem(root);
}

/**
 * Cells find the library by going up from the folder of their notebook, past every link.
 *
 * @param {string} root
 */
function workProblem(root) {
  const work = path.join(root, "work");
  if (!existsSync(work)) return undefined;
  const [real, course] = [realpathSync(work), realpathSync(root)];
  if (real.startsWith(course + path.sep)) return undefined;
  return `work is a link to ${real}, outside of the course's folder, where cells do not find the library: make it a folder, or a link to one inside the course; what is there is as you left it.`;
}
