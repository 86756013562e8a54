// SPDX-License-Identifier: MIT
import { runLengths } from "./schedule-text.ts";

/**
 * Thrown when a task does what no task may: it loops, throws, yields something unknown or returns nonsense. The
 * message is one sentence that says which task, what, and at which turn of which schedule.
 */
export class TaskError extends Error {
  override readonly name: string = "TaskError";
  /** Name of the task. */
  readonly task: string;
  /** The schedule that led there, its last turn included. */
  readonly schedule: string;

  constructor(what: string, task: string, schedule: string) {
    super(
      `task ${task}, turn ${schedule.length}${schedule.length <= 200 ? ` of ${runLengths(schedule)}` : ""}: ${what}`,
    );
    this.task = task;
    this.schedule = schedule;
  }
}
