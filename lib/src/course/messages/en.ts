// SPDX-License-Identifier: MIT
import { plural } from "../../base/plural.ts";

/** What the course says to a learner around the texts of its exercises. Every language says all of it. */
export interface Messages {
  readonly accepted: string;
  readonly notYet: string;
  readonly call: string;
  readonly expected: string;
  readonly came: string;
  readonly hintHelps: (id: string) => string;
  readonly hintNames: readonly string[];
  readonly hintHeading: (n: number, name: string) => string;
  readonly noHint: (n: number, id: string) => string;
  readonly nextHint: (id: string, n: number) => string;
  readonly solutionOpens: (id: string) => string;
  readonly solutionClosed: (id: string) => string;
  readonly solutionHeading: (id: string) => string;
  readonly needsNoMachine: (id: string) => string;
  readonly unknownId: (what: string, id: string, near: string) => string;
  readonly notChecked: (id: string) => string;
  readonly notAccepted: (id: string) => string;
  readonly noGuess: string;
  readonly youSay: (guess: string) => string;
  readonly machineSays: (said: string) => string;
  readonly noGuessMade: string;
  readonly soDidYou: string;
  readonly youSaid: (guess: string) => string;
  readonly textExpects: (answer: string) => string;
  readonly yourProgress: string;
  readonly yourProgressIn: (notebook: string) => string;
  readonly counts: (done: number, exercises: number, right: number, predictions: number) => string;
  readonly head: readonly string[];
  readonly exercise: string;
  readonly prediction: string;
  readonly notTried: string;
  readonly noGuessState: string;
  readonly right: string;
  readonly guessed: string;
  readonly added: (exercises: number, predictions: number) => string;
  readonly notAdded: (reason: string) => string;
  readonly asNew: (id: string) => string;
  readonly yourAnswer: (wanted: string) => string;
  readonly listOf: (count: number, names: string) => string;
  readonly partCount: (count: number, names: string, given: number) => string;
  readonly drillAccepted: string;
  readonly drillYouSay: (name: string, said: string, rule: string) => string;
  readonly solveShows: string;
  readonly answerIs: (answers: string) => string;
  readonly atHomeIn: (origin: string) => string;
  readonly introducedIn: (notebook: string, cell: string) => string;
  readonly seeAlso: (terms: string) => string;
}

/** In English. */
export const en: Messages = {
  // feedback on an answer
  accepted: "accepted",
  notYet: "not yet",
  call: "call",
  expected: "expected",
  came: "came",
  hintHelps: (id) => `hint("${id}") helps on.`,
  // hints and solutions
  hintNames: ["where to look", "which rule", "shape of the code"],
  hintHeading: (n, name) => `Hint ${n} of 3, ${name}:`,
  noHint: (n, id) =>
    `There is no hint ${n} for ${id}: there are hints 1 (where to look) to 3 (shape of the code).`,
  nextHint: (id, n) => `hint("${id}", ${n}) says more.`,
  solutionOpens: (id) => `solution("${id}") opens after a try.`,
  solutionClosed: (id) =>
    `The solution of ${id} opens after a first try. solution("${id}", { show: true }) opens it now.`,
  solutionHeading: (id) => `One solution of ${id}:`,
  needsNoMachine: (id) => `exercise "${id}" needs no machine; give your answer to check("${id}", answer)`,
  unknownId: (what, id, near) => `there is no ${what} "${id}"; the nearest are ${near}`,
  // for graders
  notChecked: (id) =>
    `${id} was not checked in this kernel: run the cell that ends with check("${id}", ...).`,
  notAccepted: (id) =>
    `${id} is not accepted yet: change its cell until check("${id}", ...) says "accepted".`,
  // predictions
  noGuess: "No guess yet: put one in place of the question mark, then run the next cell.",
  youSay: (guess) => `You say ${guess}. Run the next cell to see.`,
  machineSays: (said) => `The machine says ${said}.`,
  noGuessMade: "You made no guess; it teaches more with one.",
  soDidYou: "So did you.",
  youSaid: (guess) => `You said ${guess}.`,
  textExpects: (answer) =>
    `The text expects ${answer}: the cells before this one were changed or run in another order.`,
  // progress
  yourProgress: "Your progress",
  yourProgressIn: (notebook) => `Your progress in notebook ${notebook}`,
  counts: (done, exercises, right, predictions) =>
    `${done} of ${exercises} exercises accepted, ${right} of ${predictions} predictions right.`,
  head: ["what", "id", "state"],
  exercise: "exercise",
  prediction: "prediction",
  notTried: "not tried",
  noGuessState: "no guess",
  right: "right",
  guessed: "guessed",
  added: (exercises, predictions) =>
    `Added: ${plural(exercises, "exercise")} and ${plural(predictions, "prediction")}. progress() shows all.`,
  notAdded: (reason) =>
    `Nothing was added: ${reason}. Give the text that exportProgress() has shown, from the first brace to the last.`,
  asNew: (id) => `${id} is as new. The cell of your notebook is as you left it.`,
  // problems from a seed
  yourAnswer: (wanted) => `Your answer: ${wanted}.`,
  listOf: (count, names) => `a list of ${count}: ${names}`,
  partCount: (count, names, given) =>
    `The answer has ${plural(count, "part")}: ${names}. This one has ${given}.`,
  drillAccepted: "accepted. solve() shows the steps.",
  drillYouSay: (name, said, rule) => `${name}: you say ${said}. ${rule}`,
  solveShows: "solve() shows the steps.",
  answerIs: (answers) => `Answer: ${answers}`,
  // glossary
  atHomeIn: (origin) => `At home in: ${origin}`,
  introducedIn: (notebook, cell) => `Introduced in: notebook ${notebook}, cell ${cell}`,
  seeAlso: (terms) => `See also: ${terms}`,
};
