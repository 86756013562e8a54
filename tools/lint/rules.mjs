// SPDX-License-Identifier: MIT
/** The rules that every notebook of the course keeps. Each has a code, and CONTRIBUTING.md lists them. */
import { codeRules } from "./code-rules.mjs";
import { courseRules } from "./course-rules.mjs";
import { textRules } from "./text-rules.mjs";

/**
 * @typedef {object} Cell
 * @property {string} id
 * @property {"markdown" | "code"} cell_type
 * @property {string | readonly string[]} source
 * @property {{ readonly tags?: readonly string[] }} metadata
 * @property {readonly { readonly output_type: string }[]} [outputs]
 *
 * @typedef {object} Notebook
 * @property {string} name without `.ipynb`; begins with two digits
 * @property {readonly Cell[]} cells
 *
 * @typedef {object} Course what the notebooks are compared with
 * @property {readonly { readonly id: string, readonly starter: string, readonly solution: { readonly code: string }, readonly wrongAnswers: readonly { readonly code: string }[] }[]} exercises
 * @property {readonly { readonly id: string }[]} predictions
 * @property {(path: string) => boolean} exists whether a file is there, by its path from the notebooks' folder
 *
 * @typedef {{ readonly code: string, readonly cell: string, readonly message: string }} Finding
 *
 * @typedef {object} Rule
 * @property {string} code
 * @property {string} text what must hold, in a sentence
 * @property {(notebook: Notebook, course: Course) => Iterable<[cell: string, message: string]>} check
 */

/** @type {readonly Rule[]} */
export const RULES = [...textRules, ...codeRules, ...courseRules];

/**
 * What is not right about a notebook, rule by rule.
 *
 * @param {Notebook} notebook
 * @param {Course} course
 * @returns {Finding[]}
 */
export function lintNotebook(notebook, course) {
  return RULES.flatMap(({ code, check }) =>
    [...check(notebook, course)].map(([cell, message]) => ({ code, cell, message })),
  );
}
