// SPDX-License-Identifier: MIT
import type { Picture } from "../view/display.ts";
import { EXERCISES, PREDICTIONS } from "./catalogue.ts";
import { Course } from "./course.ts";
import type { Lab } from "./exercise.ts";
import type { Feedback, Message } from "./feedback.ts";
import type { Answer } from "./prediction.ts";
import { givenStore } from "./progress-store.ts";
import { QUIZZES } from "./quiz/quiz.ts";

/** The course as one notebook kernel or page goes through it. Progress lasts longer if there is a store for it. */
const course = new Course([...EXERCISES, ...QUIZZES], PREDICTIONS, givenStore());

/**
 * Sets up the machine of an exercise, fresh each time.
 *
 * @example
 * ```ts
 * const lab = exercise("01-fill-the-hole");
 * lab.sys.ioctl(lab.vm, KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2());
 * ```
 */
export function exercise(id: string): Lab {
  return course.exercise(id);
}

/** Judges an answer. A wrong one is no error: the feedback says "not yet" and why. */
export function check(id: string, answer: unknown): Feedback {
  return course.check(id, answer);
}

/**
 * Throws unless the last answer to an exercise that was checked in this kernel was accepted: for graders such as
 * nbgrader, which take a cell that throws for one that did not pass.
 *
 * @example
 * ```ts
 * check("00-three-pages", { start_gpa: 0x8000_5000, end_gpa: 0x8000_8000 });
 * mustPass("00-three-pages");
 * ```
 */
export function mustPass(id: string): void {
  course.mustPass(id);
}

/** A hint: 1 where to look, 2 which rule, 3 shape of the code; the next one without a number. */
export function hint(id: string, number?: number): Message {
  return course.hint(id, number);
}

/** The solution with its reasons: after a try, or at once with `{ show: true }`. */
export function solution(id: string, options: { readonly show?: boolean } = {}): Message {
  return course.solution(id, options);
}

/** Notes your guess before the machine answers. */
export function predict(id: string, guess: Answer): Message {
  return course.predict(id, guess);
}

/** Compares your guess with what the machine said, and explains the gap. */
export function reveal(id: string, actual: Answer): Message {
  return course.reveal(id, actual);
}

/** How far you got, in all notebooks or in one, for example `progress("01")`. */
export function progress(notebook?: string): Picture {
  return course.progress(notebook);
}

/** Your progress as a text, to be kept anywhere and given to `importProgress` on another machine. */
export function exportProgress(): Message {
  return course.exportProgress();
}

/** Adds the progress that a text of `exportProgress` tells of. A text that is none changes nothing. */
export function importProgress(text: string): Message {
  return course.importProgress(text);
}

/** Forgets what is known of one exercise or prediction. */
export function resetProgress(id: string): Message {
  return course.resetProgress(id);
}
