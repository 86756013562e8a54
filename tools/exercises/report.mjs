// SPDX-License-Identifier: MIT
/** What exercises and predictions there are, and which exercises lack hints or wrong answers. */

const HINTS = 3;
const WRONG_ANSWERS = 2;
/** A hint shorter than this says nothing. */
const HINT_CHARACTERS = 20;

/**
 * @typedef {{ readonly id: string, readonly hints: readonly string[], readonly wrongAnswers: readonly { readonly problem: string }[] }} Exercise
 * @typedef {{ readonly id: string }} Prediction
 */

/** What an exercise lacks, in words. @param {Exercise} exercise @returns {string[]} */
export function lacking({ hints, wrongAnswers }) {
  const told = hints.filter((hint) => hint.length > HINT_CHARACTERS).length;
  const problems = new Set(wrongAnswers.map(({ problem }) => problem)).size;
  return [
    ...(told < HINTS ? [`${told} of ${HINTS} hints`] : []),
    ...(problems < WRONG_ANSWERS ? [`${problems} of ${WRONG_ANSWERS} wrong answers`] : []),
  ];
}

/**
 * The report as text, and whether nothing is lacking.
 *
 * @param {readonly Exercise[]} exercises
 * @param {readonly Prediction[]} predictions
 */
export function exerciseReport(exercises, predictions) {
  const numbers = [...new Set([...exercises, ...predictions].map(({ id }) => id.slice(0, 2)))].sort();
  const ofNotebook = (/** @type {readonly Prediction[]} */ all, /** @type {string} */ number) =>
    all.filter(({ id }) => id.startsWith(number)).length;
  const incomplete = exercises.flatMap((exercise) => {
    const what = lacking(exercise);
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
      : `${incomplete.length} exercises are not complete`,
  ].join("\n");
  return { text, complete: incomplete.length === 0 };
}
