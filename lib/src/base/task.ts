// SPDX-License-Identifier: MIT
import { touches } from "./footprint.ts";

/**
 * Code that can be preempted is a generator: each `yield` is a named scheduling point. Run straight through, it
 * behaves like a plain call; under the explorer a scheduler decides who goes next. There is one implementation
 * of each function, and both uses run it.
 */

/** What a task is about to do at a scheduling point. */
export interface SchedulingPoint {
  /** For `lock`: the lock is taken next, and letting it go is the only thing that lets a waiting task go on. */
  readonly kind: "lock" | "unlock" | "read" | "write" | "rmi" | "wait" | "alloc";
  /** The lock, variable, list or firmware call concerned, as the kernel names it. */
  readonly object: string;
  /** The task may go on only when this is true. It looks at shared state and changes nothing. */
  readonly until?: () => boolean;
}

/** A computation that can be paused at scheduling points and ends with a `T`: as a rule, a generator. */
export interface Task<T> {
  next(): IteratorResult<SchedulingPoint, T>;
  [Symbol.iterator](): Task<T>;
}

/**
 * Whether anybody wants to see scheduling points. Tasks ask `preemptible` before they yield, so that a run
 * straight through pays nothing for them; waits are yielded in any case.
 */
export class Scheduling {
  preemptible = false;
}

/** A task that has ended before it began: it is itself its only step. */
class Done<T> implements IteratorReturnResult<T> {
  readonly done = true;
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  next(): this {
    return this;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** The result of most kernel functions, made once. */
const DONE_WITH_0 = new Done(0);

/** A task whose result is known already. */
export function done<T>(value: T): Task<T> {
  return value === 0 ? (DONE_WITH_0 as Task<unknown> as Task<T>) : new Done(value);
}

/** Runs a task whose code makes no notes of what it touches: to the explorer it touches everything. */
export function* unnoted<T>(task: Task<T>): Task<T> {
  for (;;) {
    if (touches.on) touches.everything();
    const step = task.next();
    if (step.done === true) return step.value;
    yield step.value;
  }
}

/** Thrown when a task that runs alone waits for something that only another task could do. */
export class DeadlockError extends Error {
  override readonly name: string = "DeadlockError";

  constructor(object: string) {
    super(`waits for ${object}, and no other task is there to release it`);
  }
}

/** Scheduling points after which a task that runs alone counts as endless. Code of the library comes to none. */
const MOST_POINTS = 100_000;

/** Thrown when a task that runs alone goes from one scheduling point to the next without end. */
export class EndlessTaskError extends Error {
  override readonly name: string = "EndlessTaskError";

  constructor() {
    super(`it came to ${MOST_POINTS} scheduling points and did not end`);
  }
}

/** Runs a task to its end without ever letting another one in. */
export function runStraight<T>(task: Task<T>): T {
  for (let points = 0; points < MOST_POINTS; points++) {
    const step = task.next();
    if (step.done === true) return step.value;
    const { until, object } = step.value;
    if (until !== undefined && !until()) throw new DeadlockError(object);
  }
  throw new EndlessTaskError();
}
