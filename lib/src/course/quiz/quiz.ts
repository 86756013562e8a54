// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { Message, wrap } from "../feedback.ts";
import { POST_QUIZ } from "./post.ts";
import { PRE_QUIZ } from "./pre.ts";
import type { Letter, QuizQuestion } from "./question.ts";

/** The two forms: one for before the course, one for after it. */
export type QuizForm = "pre" | "post";

/** The questions of each form. */
export const QUIZ_FORMS: Readonly<Record<QuizForm, readonly QuizQuestion[]>> = {
  pre: PRE_QUIZ,
  post: POST_QUIZ,
};

const LETTERS: readonly Letter[] = ["a", "b", "c", "d"];

/**
 * The questions of a form. `check("quiz-pre", [...])` judges the answers, a letter for each question.
 *
 * @example
 * ```ts
 * quiz("pre");
 * check("quiz-pre", ["a", "b", "c", "d", "a", "b", "c", "d", "a", "b"]);
 * ```
 */
export function quiz(form: QuizForm): Message {
  const questions = QUIZ_FORMS[form];
  if (questions === undefined) throw new TypeError('there are two quizzes: quiz("pre") and quiz("post")');
  const lines = questions.flatMap(({ asks, options }, n) => [
    ...wrap(`${n + 1}. ${asks}`),
    ...LETTERS.map((letter) => `   ${letter}) ${options[letter]}`),
    "",
  ]);
  return new Message([...lines, `Answer with check("quiz-${form}", [...]), a letter for each.`].join("\n"));
}

function check(questions: readonly QuizQuestion[], answer: unknown): Problem | undefined {
  if (!Array.isArray(answer)) {
    return {
      id: "no-letters",
      message: "The answer is a list of letters, one for each question, in their order.",
      expected: '["a", "b", ...]',
      came: typeof answer,
    };
  }
  const said = answer.map((one) => String(one).trim().toLowerCase());
  if (said.length > 0 && said.every((one) => one === "?")) return untouched("No question is answered yet.");
  if (said.length !== questions.length) {
    return {
      id: "count",
      message: "There is one letter for each question, and a question mark where you do not know.",
      expected: `${questions.length} letters`,
      came: String(said.length),
    };
  }
  const odd = said.find((one) => one !== "?" && !LETTERS.some((letter) => letter === one));
  if (odd !== undefined) {
    return {
      id: "no-option",
      message: "Each answer is one of the letters a, b, c and d, or a question mark.",
      came: odd,
    };
  }
  const missed = questions.filter(({ right }, n) => right !== said[n]);
  if (missed.length === 0) return undefined;
  const topics = missed.map(({ topic, notebook }) => `${topic} (notebook ${notebook})`);
  return {
    id: "some-open",
    message: `${questions.length - missed.length} of ${questions.length} answers are right. Still open: ${topics.join(", ")}.`,
  };
}

function code(form: QuizForm, answers: readonly string[]): string {
  return `check("quiz-${form}", [${answers.map((one) => `"${one}"`).join(", ")}]);`;
}

/** A form as an exercise, so that the same engine judges it, gives hints and keeps the progress. */
function quizExercise(form: QuizForm, title: string): Exercise {
  const questions = QUIZ_FORMS[form];
  const key = questions.map(({ right }) => right);
  return {
    id: `quiz-${form}`,
    title,
    task: `quiz("${form}") shows the questions. Give a letter for each.`,
    starter: code(
      form,
      questions.map(() => "?"),
    ),
    check: (answer) => check(questions, answer),
    hints: [
      "The feedback names the topics that are still open, and the notebook in which the machine answers them.",
      "Ask of each question: who looks at what, in which order, and what did nobody look at?",
      `A list of ${questions.length} letters: ["a", "?", ...], with a question mark where you do not know.`,
    ],
    wrongAnswers: [
      {
        problem: "some-open",
        code: code(
          form,
          key.map(() => "a"),
        ),
      },
      { problem: "count", code: code(form, key.slice(1)) },
      { problem: "no-option", code: code(form, ["e", ...key.slice(1)]) },
      { problem: "no-letters", code: `check("quiz-${form}", "${key.join("")}");` },
    ],
    solution: {
      code: code(form, key),
      reasons: questions.map(({ because }, n) => `${n + 1}: ${because}`).join(" "),
    },
  };
}

/** Both forms, as exercises. */
export const QUIZZES: readonly Exercise[] = [
  quizExercise("pre", "What do you know before the course?"),
  quizExercise("post", "What do you know after the course?"),
];
