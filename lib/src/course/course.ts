// SPDX-License-Identifier: MIT
import type { Picture } from "../view/display.ts";
import { FILL } from "../view/palette.ts";
import { tablePicture } from "../view/table.ts";
import { type Exercise, Lab } from "./exercise.ts";
import { Feedback, Message, wrap } from "./feedback.ts";
import { messages } from "./messages/language.ts";
import { nearest } from "./nearest.ts";
import {
  type Answer,
  displayed,
  isNoGuess,
  isSameAnswer,
  normalised,
  type Prediction,
} from "./prediction.ts";
import {
  type ExerciseProgress,
  mergeProgress,
  type PredictionProgress,
  ProgressFormatError,
  readProgress,
  writeProgress,
} from "./progress.ts";
import { ProgressKeeper, type ProgressStore } from "./progress-store.ts";

/** Thrown for an id that no exercise or prediction has. */
export class UnknownIdError extends Error {
  override readonly name: string = "UnknownIdError";

  constructor(what: string, id: string, known: readonly string[]) {
    super(messages().unknownId(what, id, nearest(id, known).join(", ")));
  }
}

/** Thrown by `mustPass`: for graders and their tests, which take a cell that throws for one that did not pass. */
export class NotAcceptedError extends Error {
  override readonly name: string = "NotAcceptedError";
}

/** An exercise that nobody has touched. */
const NEW_EXERCISE: ExerciseProgress = { attempted: false, accepted: false, hints: 0 };

/** One learner's way through the exercises and predictions. */
export class Course {
  readonly exercises: readonly Exercise[];
  readonly predictions: readonly Prediction[];
  readonly #progress: ProgressKeeper;
  /** What `check` said last, by exercise. Unlike progress it ends with the kernel. */
  readonly #verdicts = new Map<string, Feedback["verdict"]>();

  /** @param store where progress lasts; in memory without one */
  constructor(exercises: readonly Exercise[], predictions: readonly Prediction[], store?: ProgressStore) {
    this.exercises = exercises;
    this.predictions = predictions;
    this.#progress = new ProgressKeeper(store);
  }

  #of(id: string): ExerciseProgress {
    return this.#progress.current.exercises.get(id) ?? NEW_EXERCISE;
  }

  #note(id: string, change: Partial<ExerciseProgress>): void {
    this.#progress.change(({ exercises, predictions }) => ({
      exercises: new Map(exercises).set(id, { ...(exercises.get(id) ?? NEW_EXERCISE), ...change }),
      predictions,
    }));
  }

  #noteGuess(id: string, entry: PredictionProgress | undefined): void {
    this.#progress.change(({ exercises, predictions }) => {
      const changed = new Map(predictions);
      if (entry === undefined) changed.delete(id);
      else changed.set(id, entry);
      return { exercises, predictions: changed };
    });
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
    throw new TypeError(messages().needsNoMachine(id));
  }

  /** Judges an answer: the verdict and the first problem. A wrong answer is no error. */
  check(id: string, answer: unknown): Feedback {
    const exercise = this.#exercise(id);
    const problem = exercise.check(answer);
    // An untouched starter, as "run all cells" gives it, is no attempt.
    if (problem?.id !== "starter")
      this.#note(id, { attempted: true, ...(problem === undefined ? { accepted: true } : {}) });
    const feedback = new Feedback(exercise, problem);
    this.#verdicts.set(id, feedback.verdict);
    return feedback;
  }

  /**
   * Throws unless the last answer to an exercise that was checked in this kernel was accepted. What is known from an
   * earlier kernel does not count, and a later answer that is not accepted takes the verdict back.
   *
   * @throws NotAcceptedError with one sentence that says what to do
   */
  mustPass(id: string): void {
    this.#exercise(id);
    const verdict = this.#verdicts.get(id);
    if (verdict === "accepted") return;
    throw new NotAcceptedError(
      verdict === undefined ? messages().notChecked(id) : messages().notAccepted(id),
    );
  }

  /** A hint, from 1 (where to look) over 2 (which rule) to 3 (shape of the code); the next one without a number. */
  hint(id: string, number?: number): Message {
    const exercise = this.#exercise(id);
    const n = number ?? Math.min(this.#of(id).hints + 1, 3);
    const hint = exercise.hints[n - 1];
    if (hint === undefined) {
      return new Message(messages().noHint(n, id));
    }
    if (n > this.#of(id).hints) this.#note(id, { hints: n });
    const more = n < 3 ? messages().nextHint(id, n + 1) : messages().solutionOpens(id);
    const heading = messages().hintHeading(n, messages().hintNames[n - 1] ?? "");
    return new Message([heading, ...wrapCode(hint), more].join("\n"));
  }

  /** The solution with its reasons: after a try, or when it is asked for with `{ show: true }`. */
  solution(id: string, options: { readonly show?: boolean } = {}): Message {
    const { solution } = this.#exercise(id);
    if (!this.#of(id).attempted && options.show !== true) {
      return new Message(messages().solutionClosed(id));
    }
    return new Message(
      [messages().solutionHeading(id), "", solution.code, "", ...wrap(solution.reasons)].join("\n"),
    );
  }

  /** Notes a guess before the machine is asked. Any guess will do, and a second one replaces the first. */
  predict(id: string, guess: Answer): Message {
    const { question } = this.#prediction(id);
    if (isNoGuess(guess)) {
      if (this.#progress.current.predictions.has(id)) this.#noteGuess(id, undefined);
      return new Message([...wrap(question), messages().noGuess].join("\n"));
    }
    this.#noteGuess(id, { guess: normalised(guess), right: false });
    return new Message([...wrap(question), messages().youSay(displayed(guess))].join("\n"));
  }

  /** Compares the guess with what the machine said, and explains the gap. */
  reveal(id: string, actual: Answer): Message {
    const { answer, also = [], why, gaps } = this.#prediction(id);
    const guess = this.#progress.current.predictions.get(id)?.guess;
    const said = normalised(actual);
    const lines = [messages().machineSays(displayed(actual))];
    const isRight = (one: string): boolean =>
      isSameAnswer(one, said) || (said === answer && also.includes(one));
    if (guess === undefined) {
      lines.push(messages().noGuessMade);
    } else if (isRight(guess)) {
      this.#noteGuess(id, { guess, right: true });
      lines.push(messages().soDidYou);
    } else {
      this.#noteGuess(id, { guess, right: false });
      lines.push(messages().youSaid(guess));
      const gap = Object.entries(gaps).find(([one]) => isSameAnswer(one, guess))?.[1];
      if (gap !== undefined) lines.push(...wrap(gap));
    }
    if (said === answer) lines.push(...wrap(why));
    else lines.push(messages().textExpects(answer));
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
    const kept = this.#progress.current;
    const { notice } = this.#progress;
    const say = messages();
    const done = exercises.filter(({ id }) => kept.exercises.get(id)?.accepted).length;
    const right = predictions.filter(({ id }) => kept.predictions.get(id)?.right).length;
    return tablePicture({
      title: notebook === undefined ? say.yourProgress : say.yourProgressIn(notebook),
      notes: [
        say.counts(done, exercises.length, right, predictions.length),
        ...(notice === undefined ? [] : wrap(notice)),
      ],
      head: say.head,
      rows: [
        ...exercises.map(({ id }) => {
          const { accepted = false, attempted = false } = kept.exercises.get(id) ?? {};
          const text = accepted ? say.accepted : attempted ? say.notYet : say.notTried;
          return [say.exercise, id, { text, fill: accepted ? FILL.private : FILL.none }];
        }),
        ...predictions.map(({ id }) => {
          const guessed = kept.predictions.get(id);
          const text = guessed === undefined ? say.noGuessState : guessed.right ? say.right : say.guessed;
          return [say.prediction, id, { text, fill: guessed?.right ? FILL.private : FILL.none }];
        }),
      ],
    });
  }

  /** Progress as a text, to be kept anywhere and given to `importProgress`. */
  exportProgress(): Message {
    return new Message(writeProgress(this.#progress.current).trimEnd());
  }

  /** Adds the progress that a text tells of to what is there. A text that is none changes nothing. */
  importProgress(text: string): Message {
    try {
      const added = readProgress(text);
      this.#progress.change((now) => mergeProgress(now, added));
      return new Message(messages().added(added.exercises.size, added.predictions.size));
    } catch (error) {
      if (!(error instanceof ProgressFormatError)) throw error;
      return new Message(wrap(messages().notAdded(error.message)).join("\n"));
    }
  }

  /** Forgets one exercise or prediction, as if it had never been tried. */
  resetProgress(id: string): Message {
    const isPrediction = this.predictions.some((one) => one.id === id);
    const isExercise = this.exercises.some((one) => one.id === id);
    if (!isPrediction && !isExercise) this.#exercise(id);
    this.#progress.change(({ exercises, predictions }) => {
      const [keptExercises, keptPredictions] = [new Map(exercises), new Map(predictions)];
      if (isExercise) keptExercises.delete(id);
      if (isPrediction) keptPredictions.delete(id);
      return { exercises: keptExercises, predictions: keptPredictions };
    });
    return new Message(messages().asNew(id));
  }
}

/** Wraps sentences and leaves lines of code as they are. */
function wrapCode(text: string): string[] {
  return text
    .split("\n")
    .flatMap((line) => (line.startsWith(" ") || line.length <= 96 ? [line] : wrap(line)));
}
