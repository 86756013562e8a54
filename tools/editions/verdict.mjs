// SPDX-License-Identifier: MIT
import { toLines } from "../notebook-format.mjs";

/**
 * What nbgrader found in a notebook.
 *
 * @typedef {object} Report
 * @property {number} graded  cells that are graded
 * @property {readonly string[]} failed  grade ids of the cells that failed
 * @property {readonly string[]} changed  locked cells whose text is another one
 */

/**
 * Whether nbgrader found what it must find in a copy of a kind, and a line that says so.
 *
 * @param {string} kind  unsolved, solved or emptied
 * @param {string} name
 * @param {Report} report
 */
export function verdictOn(kind, name, { graded, failed, changed }) {
  const good =
    graded > 0 &&
    (kind === "unsolved"
      ? failed.length === graded && changed.length === 0
      : kind === "solved"
        ? failed.length === 0 && changed.length === 0
        : changed.length === 1);
  const found =
    changed.length > 0
      ? `${changed.length} locked cell changed`
      : failed.length === 0
        ? "accepted"
        : `rejected at ${failed.length} of ${graded} exercises`;
  return { good, line: `${good ? "good" : "BAD "}  ${name}: ${found}` };
}

/**
 * A copy in which a learner emptied the first test, to be accepted without an answer.
 *
 * @param {import("../notebook-format.mjs").Notebook} notebook
 * @returns {import("../notebook-format.mjs").Notebook}
 */
export function withEmptiedTest(notebook) {
  const first = notebook.cells.findIndex(({ metadata }) => metadata["nbgrader"]?.grade === true);
  const cells = notebook.cells.map((cell, n) =>
    n === first ? { ...cell, source: toLines("// nothing to see here") } : cell,
  );
  return { ...notebook, cells };
}
