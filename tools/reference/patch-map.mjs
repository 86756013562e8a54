// SPDX-License-Identifier: MIT
/** Writes the page that leads from each line of the patch to the model, a notebook and a test. */

/**
 * A line, or a few that belong together. Places are written `file#name`.
 *
 * @typedef {object} PatchLines
 * @property {readonly number[]} at first and last line, counted in the hunk from 1
 * @property {string} what what the lines do
 * @property {string} model function or constant of the library that has them
 * @property {readonly string[]} [calls] what the lines call, in the library
 * @property {string} step notebook and cell in which they are run or met
 * @property {string} test file and title of a test that would notice if they were different
 */

/**
 * @typedef {object} PatchMap
 * @property {{ title: string, added: number, files: number }} patch
 * @property {readonly {
 *   file: string,
 *   added: number,
 *   hunks: readonly { oldStart: number, newStart: number, added: readonly number[], lines: readonly PatchLines[] }[],
 * }[]} files
 * @property {readonly string[]} beneath functions that are one level further down
 */

const INTRODUCTION = `# Where each line of the patch lives

The patch adds 104 lines in six files. This page leads from each of them to the function of the model that has it, to the
step of a notebook in which it is run, and to a test that would notice if it were different. The lines themselves are
not repeated here: they are named by file and by their number in the hunk, counted from 1 after the line that begins
with \`@@\`. The number in brackets is that of the line in the file with the patch applied. An empty line, a brace or a
declaration does nothing of its own, and has the step and the test of the code in which it stands.

This page is generated from \`docs/data/patch-map.json\`; \`test/house/patch-map.test.ts\` checks that no line is missing, and
that every function, cell and test that is named exists.
`;

/** @param {string} place @returns {[file: string, name: string]} */
export function parts(place) {
  const at = place.indexOf("#");
  return [place.slice(0, at), place.slice(at + 1)];
}

/** @param {readonly number[]} range @param {number} shift */
function span([first = 0, last = 0], shift) {
  const text = (/** @type {number} */ from, /** @type {number} */ to) =>
    from === to ? `${from}` : `${from}-${to}`;
  return `${text(first, last)} (${text(first + shift, last + shift)})`;
}

/** @param {string} place */
function modelLink(place) {
  const [file, name] = parts(place);
  return `[\`${name}\`](../lib/src/${file})`;
}

/** @param {PatchLines} lines @param {number} newStart */
function row({ at, what, model, calls = [], step, test }, newStart) {
  const [notebook, cell] = parts(step);
  const [testFile, title] = parts(test);
  const cells = [
    span(at, newStart - 1),
    what,
    calls.length === 0 ? modelLink(model) : `${modelLink(model)} calls ${calls.map(modelLink).join(", ")}`,
    `[${notebook.slice(0, 2)}](../notebooks/${notebook}.ipynb) \`${cell}\``,
    `[${title.replaceAll("|", "\\|")}](../test/${testFile})`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Each function that lines of the patch call, or that lies beneath, once. @param {PatchMap} map */
export function calledFunctions(map) {
  const lines = map.files.flatMap(({ hunks }) => hunks.flatMap((hunk) => hunk.lines));
  return [...new Set(lines.flatMap(({ calls = [] }) => calls))];
}

/** @param {string} place */
function functionRow(place) {
  const [file, name] = parts(place);
  return `| \`${name}\` | [\`${file}\`](../lib/src/${file}) |`;
}

/**
 * The page, as Markdown.
 *
 * @param {PatchMap} map
 */
export function patchMapPage(map) {
  const files = map.files.flatMap(({ file, added, hunks }) => [
    `## ${file}`,
    "",
    `${added} ${added === 1 ? "line" : "lines"}.`,
    "",
    ...hunks.flatMap(({ newStart, lines }, i) => [
      ...(hunks.length > 1 ? [`Hunk ${i + 1}:`, ""] : []),
      "| lines | what they do | in the model | step | test |",
      "|---|---|---|---|---|",
      ...lines.map((one) => row(one, newStart)),
      "",
    ]),
  ]);
  return [
    INTRODUCTION,
    ...files,
    "## Functions that the lines call",
    "",
    "| function | file of the model |",
    "|---|---|",
    ...calledFunctions(map).map(functionRow),
    "",
    "`container_of`, `IS_ERR` and `PTR_ERR` have no counterpart: an object or a negative errno is told apart by its type.",
    "",
    "## One level further down",
    "",
    "| function | file of the model |",
    "|---|---|",
    ...map.beneath.map(functionRow),
    "",
    "From there the firmware goes on: `lib/src/rmm/commands/`, one file per family of commands.",
    "",
  ].join("\n");
}
