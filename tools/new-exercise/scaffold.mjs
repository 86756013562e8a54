// SPDX-License-Identifier: MIT
import { GAP } from "../exercises/report.mjs";

/**
 * The files of a new exercise, with a gap wherever something is to be written. The gaps compile, and `npm run
 * exercises` names them until they are gone.
 *
 * @typedef {{ readonly number: string, readonly words: string, readonly id: string, readonly constant: string }} Name
 */

/**
 * The name of an exercise in all its forms, or in one sentence what is wrong with it.
 *
 * @param {string} number  two digits, of the notebook
 * @param {string} words  small letters with hyphens
 * @returns {(Name & { problem?: undefined }) | { problem: string }}
 */
export function nameOf(number, words) {
  if (!/^\d\d$/.test(number))
    return { problem: `"${number}" is no number of a notebook: two digits, for example 07.` };
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(words))
    return { problem: `"${words}" is no name: words in small letters with hyphens, for example which-slot.` };
  const constant = words.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  return { number, words, id: `${number}-${words}`, constant };
}

/** The source of the exercise. @param {Name} name */
export function exerciseSource({ id, constant }) {
  return `// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "${id}";

/** Judges an answer by what the machine says to it. The first problem that is found is told, and never a thrown error. */
function check(answer: unknown): Problem | undefined {
  if (answer === undefined) return untouched("${GAP} what an untouched starter is told.");
  return {
    id: "first-mistake",
    message: "${GAP} what is not right about this answer, and why, in a sentence or two.",
    call: "${GAP} the call that shows it",
    expected: "${GAP} what should have come",
    came: String(answer),
  };
}

function code(answer: string): string {
  return [\`const answer = \${answer};\`, \`check("\${ID}", answer);\`].join("\\n");
}

/** ${GAP} what it teaches, in a sentence. */
export const ${constant}: Exercise = {
  id: ID,
  title: "${GAP} a title of two or three words",
  task: "${GAP} what is asked, as it stands in the notebook.",
  starter: code("undefined"),
  check,
  hints: [
    "${GAP} where to look: a picture, a table or an output above.",
    "${GAP} which rule decides, without the answer.",
    "${GAP} the shape of the code, with its decisive part left out.",
  ],
  wrongAnswers: [
    { problem: "first-mistake", code: code("1") },
    { problem: "second-mistake", code: code("2") },
  ],
  solution: {
    code: code("3"),
    reasons: "${GAP} why this is right, and what to remember of it.",
  },
};
`;
}

/**
 * The catalogue with the new exercise: its import in the order of the files, itself after the last one before it.
 *
 * @param {string} catalogue  the text of lib/src/course/catalogue.ts
 * @param {Name} name
 * @returns {string}
 */
export function inCatalogue(catalogue, { id, constant }) {
  const imports = [
    ...catalogue.matchAll(/^import \{ (\w+) \} from "\.\/exercises\/(\d\d-[^"]+)\.ts";$/gm),
  ].map(([line, imported = "", file = ""]) => ({ line, imported, file }));
  if (imports.some(({ file }) => file === id)) throw new Error(`the catalogue has an exercise ${id} already`);
  if (new RegExp(`\\b${constant}\\b`).test(catalogue))
    throw new Error(`the catalogue knows something else by the name ${constant}: choose other words`);
  const before = imports.filter(({ file }) => file < id).at(-1);
  const sameNotebook = imports.filter(({ file }) => file.slice(0, 2) <= id.slice(0, 2));
  const entries = sameNotebook.map(({ imported }) => ({
    imported,
    at: catalogue.indexOf(`\n  ${imported},\n`),
  }));
  const last = entries.sort((one, other) => one.at - other.at).at(-1);
  if (before === undefined || last === undefined || last.at < 0)
    throw new Error("the catalogue has another form than this tool knows: enter the exercise by hand");
  return catalogue
    .replace(before.line, `${before.line}\nimport { ${constant} } from "./exercises/${id}.ts";`)
    .replace(`\n  ${last.imported},\n`, `\n  ${last.imported},\n  ${constant},\n`);
}

/** The cells for the notebook, as JSON to be pasted between two others. @param {Name} name @param {string} starter */
export function cellsFor({ id, words }, starter) {
  const lines = (/** @type {string} */ text) => text.split(/(?<=\n)/);
  const intro = `### Exercise: ${GAP} the title\n\n${GAP} what is asked. \`hint("${id}")\` gives a hint.`;
  return JSON.stringify(
    [
      { cell_type: "markdown", id: `${words}-intro`, metadata: {}, source: lines(intro) },
      {
        cell_type: "code",
        execution_count: null,
        id: words,
        metadata: { tags: [`exercise:${id}`] },
        outputs: [],
        source: lines(starter),
      },
    ],
    null,
    1,
  );
}
