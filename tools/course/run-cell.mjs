// SPDX-License-Identifier: MIT
import ts from "typescript";
import { Course } from "../../lib/dist/course/course.js";
import * as library from "../../lib/dist/index.js";

/**
 * Runs the code of an exercise as its cell does, imports aside, and gives the feedback of a course of its own.
 *
 * @param {import("../../lib/dist/course/exercise.js").Exercise} exercise
 * @param {string} code  ends with the call of check
 * @returns {import("../../lib/dist/course/feedback.js").Feedback}
 */
export function feedbackOn(exercise, code) {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true);
  const last = source.statements.at(-1);
  if (last === undefined || !ts.isExpressionStatement(last))
    throw new Error(`the cell of ${exercise.id} ends with no expression`);
  const returning = `${code.slice(0, last.getStart())}return ${last.getText()}`;
  const { outputText } = ts.transpileModule(`function cell() {\n${returning}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const course = new Course([exercise], []);
  /** @type {Record<string, unknown>} */
  const scope = { ...library, check: course.check.bind(course), exercise: course.exercise.bind(course) };
  return new Function(...Object.keys(scope), `${outputText}\nreturn cell();`)(...Object.values(scope));
}

/**
 * What people get wrong in an exercise: each known wrong answer with the message that it is given.
 *
 * @param {import("../../lib/dist/course/exercise.js").Exercise} exercise
 * @returns {{ code: string, problem: string, message: string }[]}
 */
export function knownMistakes(exercise) {
  return exercise.wrongAnswers.map(({ code, problem }) => {
    const message = feedbackOn(exercise, code).problem?.message;
    if (message === undefined) throw new Error(`${exercise.id} accepts the wrong answer ${problem}`);
    return { code, problem, message };
  });
}
