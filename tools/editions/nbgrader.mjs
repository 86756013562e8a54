// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

/**
 * What nbgrader wants to know of a cell, and how it makes sure that a cell is as it was handed out.
 *
 * @spec nbgrader cell metadata, schema version 3
 *
 * @typedef {object} CellMetadata
 * @property {3} schema_version
 * @property {boolean} grade  the cell throws when the answer does not pass
 * @property {boolean} solution  the learner writes into it
 * @property {boolean} locked  the learner is not to write into it
 * @property {boolean} task
 * @property {string} grade_id
 * @property {number} [points]  only where grade is true
 * @property {string} [checksum]  only in what learners get
 * @property {"code"} [cell_type]  only in what learners get
 */

/** What a grade_id may look like. */
const GRADE_ID = /^[a-zA-Z0-9_-]+$/;

/** A cell for the learner's answer. @param {string} id @returns {CellMetadata} */
export function answerMetadata(id) {
  return {
    schema_version: 3,
    grade: false,
    solution: true,
    locked: false,
    task: false,
    grade_id: gradeId(`answer-${id}`),
  };
}

/** A cell that throws when the answer has not passed. @param {string} id @param {number} points @returns {CellMetadata} */
export function testMetadata(id, points) {
  return {
    schema_version: 3,
    grade: true,
    solution: false,
    locked: true,
    task: false,
    points,
    grade_id: gradeId(`test-${id}`),
  };
}

/**
 * The metadata of a cell of code as it is handed out: nbgrader sees when its type or a locked text was changed.
 *
 * @param {CellMetadata} metadata
 * @param {string} source
 * @returns {CellMetadata}
 */
export function handedOut(metadata, source) {
  return { ...metadata, cell_type: "code", checksum: checksumOf(metadata, source) };
}

/** nbgrader's own checksum of a cell of code. @param {CellMetadata} metadata @param {string} source */
export function checksumOf({ grade, solution, locked, grade_id, points }, source) {
  const python = (/** @type {boolean} */ value) => (value ? "True" : "False");
  // A graded cell counts as locked, and a cell for an answer never does.
  const isLocked = !solution && (grade || locked);
  const parts = [source, "code", python(grade), python(solution), python(isLocked), grade_id];
  if (grade) parts.push(Number(points).toFixed(1));
  return createHash("md5").update(parts.join("")).digest("hex");
}

/** @param {string} id */
function gradeId(id) {
  if (GRADE_ID.test(id)) return id;
  throw new Error(`nbgrader takes no "${id}" as a grade_id`);
}
