// SPDX-License-Identifier: MIT
import { knownMistakes } from "../course/run-cell.mjs";
import { sourceOf, tagged } from "../lint/cells.mjs";
import { toLines } from "../notebook-format.mjs";
import { answerMetadata, handedOut, testMetadata } from "./nbgrader.mjs";

/**
 * The two editions of a notebook. Both have the cells of the source in their order, without outputs, and after each
 * exercise a locked cell that throws unless the answer was accepted. The learner's edition has the starters; the
 * instructor's has the solutions, and notes.
 *
 * @typedef {import("../notebook-format.mjs").Cell} Cell
 * @typedef {import("../notebook-format.mjs").Notebook} Notebook
 * @typedef {import("../../lib/dist/course/exercise.js").Exercise} Exercise
 */

/** Each exercise counts as much as any other. */
const POINTS = 1;
/** From dist/editions/<edition>/ to where the links of notebooks/ start. */
const TO_NOTEBOOKS = "../../../";

/** @param {Notebook} notebook @param {readonly Exercise[]} exercises @returns {Notebook} */
export function learnerEdition(notebook, exercises) {
  return edition(notebook, exercises, (cell, exercise) => {
    const test = testCell(exercise.id);
    return [
      withMetadata(cell, handedOut(answerMetadata(exercise.id), sourceOf(asLinted(cell)))),
      withMetadata(test, handedOut(testMetadata(exercise.id, POINTS), sourceOf(asLinted(test)))),
    ];
  });
}

/** @param {Notebook} notebook @param {readonly Exercise[]} exercises @returns {Notebook} */
export function instructorEdition(notebook, exercises) {
  return edition(notebook, exercises, (cell, exercise) => [
    withMetadata({ ...cell, source: toLines(exercise.solution.code) }, answerMetadata(exercise.id)),
    withMetadata(testCell(exercise.id), testMetadata(exercise.id, POINTS)),
    noteCell(exercise),
  ]);
}

/**
 * A learner's edition in which the answers are filled in, as a learner would do it.
 *
 * @param {Notebook} learner
 * @param {(id: string) => string} answerOf  the code of an answer, by the id of the exercise
 * @returns {Notebook}
 */
export function answered(learner, answerOf) {
  const cells = learner.cells.map((cell) => {
    const [id] = tagged(asLinted(cell), "exercise");
    return id === undefined ? cell : { ...cell, source: toLines(answerOf(id)) };
  });
  return { ...learner, cells };
}

/**
 * @param {Notebook} notebook
 * @param {readonly Exercise[]} exercises
 * @param {(cell: Cell, exercise: Exercise) => Cell[]} ofExercise
 * @returns {Notebook}
 */
function edition(notebook, exercises, ofExercise) {
  const cells = notebook.cells.flatMap((cell) => {
    if (cell.cell_type !== "code") return [relinked(cell)];
    const empty = { ...cell, outputs: [], execution_count: null };
    const [id] = tagged(asLinted(cell), "exercise");
    if (id === undefined) return [empty];
    const exercise = exercises.find((one) => one.id === id);
    if (exercise === undefined) throw new Error(`there is no exercise ${id} in the catalogue`);
    return ofExercise(empty, exercise);
  });
  return { ...notebook, cells };
}

/** @param {string} id @returns {Cell} */
function testCell(id) {
  const source = `import { mustPass } from "tsm-map-sim";\nmustPass("${id}");`;
  return {
    cell_type: "code",
    id: `test-${id}`,
    metadata: {},
    source: toLines(source),
    outputs: [],
    execution_count: null,
  };
}

/** @param {Exercise} exercise @returns {Cell} */
function noteCell(exercise) {
  const mistakes = knownMistakes(exercise).map(({ code, message }) => {
    const answer = code.split("\n").map((line) => `  ${line}`);
    return ["- They are told: ", message, "\n\n  ```ts\n", answer.join("\n"), "\n  ```\n"].join("");
  });
  const text = [
    `> **For the instructor: ${exercise.title}.** ${exercise.solution.reasons}`,
    "",
    "**Hints, in their order**",
    "",
    ...exercise.hints.map((hint, n) => `${n + 1}. ${hint.replaceAll("\n", "\n   ")}`),
    "",
    "**What people write**",
    "",
    ...mistakes,
  ].join("\n");
  return {
    cell_type: "markdown",
    id: `note-${exercise.id}`,
    metadata: { tags: ["instructor"] },
    source: toLines(text.trimEnd()),
  };
}

/** Links to files outside of notebooks/ lead there from the editions' folder, too. @param {Cell} cell @returns {Cell} */
function relinked(cell) {
  const text = sourceOf(asLinted(cell)).replaceAll("](../", `](${TO_NOTEBOOKS}`);
  return { ...cell, source: toLines(text) };
}

/** @param {Cell} cell @param {object} nbgrader @returns {Cell} */
function withMetadata(cell, nbgrader) {
  return { ...cell, metadata: { ...cell.metadata, nbgrader } };
}

/** The same cell, as the linter's helpers take it. @param {Cell} cell */
function asLinted(cell) {
  return /** @type {import("../lint/rules.mjs").Cell} */ (cell);
}
