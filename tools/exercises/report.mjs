// SPDX-License-Identifier: MIT
/** What exercises and predictions there are, and which exercises lack hints or wrong answers. */

const HINTS = 3;
const WRONG_ANSWERS = 2;
/** A hint shorter than this says nothing. */
const HINT_CHARACTERS = 20;

/** Begins a text that is still to be written, in what `npm run new:exercise` makes. */
export const GAP = "(to be written)";

/**
 * @typedef {{ readonly verdict: string, readonly problem?: { readonly id: string, readonly message?: string } | undefined }} Verdict
 * @typedef {(exercise: any, code: string) => Verdict} Judge  runs the code of a cell
 * @typedef {{ readonly id: string, readonly hints: readonly string[], readonly wrongAnswers: readonly { readonly problem: string }[] }} Exercise
 * @typedef {{ readonly id: string }} Prediction
 */

/**
 * What an exercise lacks, in words.
 *
 * @param {Exercise} exercise
 * @param {Judge} [judge]  without it, no answer is run
 * @returns {string[]}
 */
export function lacking(exercise, judge) {
  const { hints, wrongAnswers } = exercise;
  const told = hints.filter((hint) => hint.length > HINT_CHARACTERS).length;
  const problems = new Set(wrongAnswers.map(({ problem }) => problem)).size;
  return [
    ...(told < HINTS ? [`${told} of ${HINTS} hints`] : []),
    ...(problems < WRONG_ANSWERS ? [`${problems} of ${WRONG_ANSWERS} wrong answers`] : []),
    ...gaps(exercise),
    ...(judge === undefined ? [] : misjudged(exercise, judge)),
  ];
}

/** Texts that are still to be written, those of a check aside: it says them when it is run. @param {any} exercise */
function gaps({ title, task, hints, solution }) {
  const texts = [
    ["title", title],
    ["task", task],
    ...hints.map((/** @type {string} */ hint, /** @type {number} */ n) => [`hint ${n + 1}`, hint]),
    ["reasons", solution?.reasons],
  ];
  const open = texts.filter(([, text]) => text?.includes(GAP)).map(([name]) => name);
  return open.length === 0 ? [] : [`texts to be written (${open.join(", ")})`];
}

/** Answers that the check takes for something else than they are. @param {any} exercise @param {Judge} judge */
function misjudged(exercise, judge) {
  const { starter, solution, wrongAnswers } = exercise;
  /** @type {{ problem: string, id?: string, message?: string }[]} */
  const told = wrongAnswers.map((/** @type {any} */ { code, problem }) => ({
    problem,
    ...judge(exercise, code).problem,
  }));
  const wrong = told.filter((one) => one.id !== one.problem).map(({ problem }) => problem);
  const right = told.filter((one) => one.id === one.problem);
  const same = right.filter(({ problem, message }) =>
    right.some((other) => other.message === message && other.problem !== problem),
  );
  return [
    ...(judge(exercise, starter).problem?.id === "starter" ? [] : ["a starter that is not known as one"]),
    ...(judge(exercise, solution.code).verdict === "accepted" ? [] : ["a solution that is not accepted"]),
    ...(wrong.length === 0 ? [] : [`wrong answers that are told something else (${wrong.join(", ")})`]),
    ...(same.length === 0
      ? []
      : [`wrong answers that are told the same (${same.map(({ problem }) => problem).join(", ")})`]),
  ];
}

/**
 * The report as text, and whether nothing is lacking.
 *
 * @param {readonly Exercise[]} exercises
 * @param {readonly Prediction[]} predictions
 * @param {Judge} [judge]
 */
export function exerciseReport(exercises, predictions, judge) {
  const numbers = [...new Set([...exercises, ...predictions].map(({ id }) => id.slice(0, 2)))].sort();
  const ofNotebook = (/** @type {readonly Prediction[]} */ all, /** @type {string} */ number) =>
    all.filter(({ id }) => id.startsWith(number)).length;
  const incomplete = exercises.flatMap((exercise) => {
    const what = lacking(exercise, judge);
    return what.length === 0 ? [] : [`${exercise.id} has ${what.join(" and ")}`];
  });
  const wrongAnswers = exercises.reduce((sum, one) => sum + one.wrongAnswers.length, 0);
  const text = [
    "notebook  exercises  predictions",
    ...numbers.map(
      (number) =>
        `${number.padEnd(10)}${String(ofNotebook(exercises, number)).padEnd(11)}${ofNotebook(predictions, number)}`,
    ),
    `${exercises.length} exercises with ${wrongAnswers} known wrong answers, ${predictions.length} predictions`,
    ...incomplete,
    incomplete.length === 0
      ? `each exercise has ${HINTS} hints and at least ${WRONG_ANSWERS} wrong answers`
      : incomplete.length === 1
        ? "1 exercise is not complete"
        : `${incomplete.length} exercises are not complete`,
  ].join("\n");
  return { text, complete: incomplete.length === 0 };
}
