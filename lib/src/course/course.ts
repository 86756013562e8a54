// SPDX-License-Identifier: MIT
import type { Picture } from "../view/display.ts";
import { FILL } from "../view/palette.ts";
import { tablePicture } from "../view/table.ts";
import { type Exercise, Lab } from "./exercise.ts";
import { Feedback, Message, wrap } from "./feedback.ts";
import { nearest } from "./nearest.ts";
import { type Answer, isNoGuess, normalised, type Prediction } from "./prediction.ts";

const HINT_NAMES = ["where to look", "which rule", "shape of the code"] as const;

/** Thrown for an id that no exercise or prediction has. */
export class UnknownIdError extends Error {
  override readonly name: string = "UnknownIdError";

  constructor(what: string, id: string, known: readonly string[]) {
    super(`there is no ${what} "${id}"; the nearest are ${nearest(id, known).join(", ")}`);
  }
}

/** One learner's way through the exercises and predictions, kept in memory. */
export class Course {
  readonly exercises: readonly Exercise[];
  readonly predictions: readonly Prediction[];
  readonly #accepted = new Set<string>();
  readonly #attempted = new Set<string>();
  readonly #hinted = new Map<string, number>();
  readonly #guesses = new Map<string, Answer>();
  readonly #right = new Set<string>();

  constructor(exercises: readonly Exercise[], predictions: readonly Prediction[]) {
    this.exercises = exercises;
    this.predictions = predictions;
  }

  #exercise(id: string): Exercise {
    const found = this.exercises.find((exercise) => exercise.id === id);
    if (found !== undefined) return found;
    throw new UnknownIdError(
      "exercise",
      id,
      this.exercises.map((exercise) => exercise.id),
    );
  }

  #prediction(id: string): Prediction {
    const found = this.predictions.find((prediction) => prediction.id === id);
    if (found !== undefined) return found;
    throw new UnknownIdError(
      "prediction",
      id,
      this.predictions.map((prediction) => prediction.id),
    );
  }

  /** Sets up the machine of an exercise, fresh each time. */
  exercise(id: string): Lab {
    const exercise = this.#exercise(id);
    if (exercise.prepare !== undefined) return new Lab(exercise, exercise.prepare());
    throw new TypeError(`exercise "${id}" needs no machine; give your answer to check("${id}", answer)`);
  }

  /** Judges an answer: the verdict and the first problem. A wrong answer is no error. */
  check(id: string, answer: unknown): Feedback {
    const exercise = this.#exercise(id);
    const problem = exercise.check(answer);
    // An untouched starter, as "run all cells" gives it, is no attempt.
    if (problem?.id !== "starter") this.#attempted.add(id);
    if (problem === undefined) this.#accepted.add(id);
    return new Feedback(exercise, problem);
  }

  /** A hint, from 1 (where to look) over 2 (which rule) to 3 (shape of the code); the next one without a number. */
  hint(id: string, number?: number): Message {
    const exercise = this.#exercise(id);
    const n = number ?? Math.min((this.#hinted.get(id) ?? 0) + 1, 3);
    const hint = exercise.hints[n - 1];
    if (hint === undefined) {
      return new Message(
        `There is no hint ${n} for ${id}: there are hints 1 (where to look) to 3 (shape of the code).`,
      );
    }
    this.#hinted.set(id, n);
    const more = n < 3 ? `hint("${id}", ${n + 1}) says more.` : `solution("${id}") opens after a try.`;
    return new Message([`Hint ${n} of 3, ${HINT_NAMES[n - 1]}:`, ...wrapCode(hint), more].join("\n"));
  }

  /** The solution with its reasons: after a try, or when it is asked for with `{ show: true }`. */
  solution(id: string, options: { readonly show?: boolean } = {}): Message {
    const { solution } = this.#exercise(id);
    if (!this.#attempted.has(id) && options.show !== true) {
      return new Message(
        `The solution of ${id} opens after a first try. solution("${id}", { show: true }) opens it now.`,
      );
    }
    return new Message(
      [`One solution of ${id}:`, "", solution.code, "", ...wrap(solution.reasons)].join("\n"),
    );
  }

  /** Notes a guess before the machine is asked. Any guess will do, and a second one replaces the first. */
  predict(id: string, guess: Answer): Message {
    const { question } = this.#prediction(id);
    if (isNoGuess(guess)) {
      this.#guesses.delete(id);
      const ask = "No guess yet: put one in place of the question mark, then run the next cell.";
      return new Message([...wrap(question), ask].join("\n"));
    }
    this.#guesses.set(id, guess);
    return new Message(
      [...wrap(question), `You say ${normalised(guess)}. Run the next cell to see.`].join("\n"),
    );
  }

  /** Compares the guess with what the machine said, and explains the gap. */
  reveal(id: string, actual: Answer): Message {
    const { answer, why, gaps } = this.#prediction(id);
    const guess = this.#guesses.get(id);
    const said = normalised(actual);
    const lines = [`The machine says ${said}.`];
    if (guess === undefined) {
      lines.push("You made no guess; it teaches more with one.");
    } else if (normalised(guess) === said) {
      this.#right.add(id);
      lines.push("So did you.");
    } else {
      this.#right.delete(id);
      lines.push(`You said ${normalised(guess)}.`);
      const gap = gaps[normalised(guess)];
      if (gap !== undefined) lines.push(...wrap(gap));
    }
    if (said === answer) lines.push(...wrap(why));
    else
      lines.push(
        `The text expects ${answer}: the cells before this one were changed or run in another order.`,
      );
    return new Message(lines.join("\n"));
  }

  /**
   * How far the learner got: each exercise and prediction with its state.
   *
   * @param notebook number of one notebook, for example `"01"`; all of them without it
   */
  progress(notebook?: string): Picture {
    const here = (one: { readonly id: string }): boolean =>
      notebook === undefined || one.id.startsWith(`${notebook}-`);
    const exercises = this.exercises.filter(here);
    const predictions = this.predictions.filter(here);
    const done = exercises.filter(({ id }) => this.#accepted.has(id)).length;
    const right = predictions.filter(({ id }) => this.#right.has(id)).length;
    return tablePicture({
      title: notebook === undefined ? "Your progress" : `Your progress in notebook ${notebook}`,
      notes: [
        `${done} of ${exercises.length} exercises accepted, ${right} of ${predictions.length} predictions right. Kept until the kernel stops.`,
      ],
      head: ["what", "id", "state"],
      rows: [
        ...exercises.map(({ id }) => {
          const accepted = this.#accepted.has(id);
          const text = accepted ? "accepted" : this.#attempted.has(id) ? "not yet" : "not tried";
          return ["exercise", id, { text, fill: accepted ? FILL.private : FILL.none }];
        }),
        ...predictions.map(({ id }) => {
          const text = this.#right.has(id) ? "right" : this.#guesses.has(id) ? "guessed" : "no guess";
          return ["prediction", id, { text, fill: this.#right.has(id) ? FILL.private : FILL.none }];
        }),
      ],
    });
  }
}

/** Wraps sentences and leaves lines of code as they are. */
function wrapCode(text: string): string[] {
  return text
    .split("\n")
    .flatMap((line) => (line.startsWith(" ") || line.length <= 96 ? [line] : wrap(line)));
}
