// SPDX-License-Identifier: MIT
import { DeadlockError, type SchedulingPoint } from "../base/task.ts";
import type { Host } from "../boot.ts";
import { Execution, type NamedTasks, type Running } from "./execution.ts";
import { scheduleOf } from "./schedule-text.ts";

export type { NamedTasks } from "./execution.ts";

/** One turn: a task went on, up to its next scheduling point or to its end. */
export interface Turn {
  readonly task: string;
  /** Where it stopped; `undefined` when it ended. */
  readonly stoppedAt: SchedulingPoint | undefined;
  /** Tasks that could have gone instead, in order of name, this one included. */
  readonly runnable: readonly string[];
}

/** What a run came to. */
export interface ScheduledRun {
  /** Who went when, one letter a turn. Given to `runSchedule` again, it makes the same run. */
  readonly schedule: string;
  readonly turns: readonly Turn[];
  /** Result of each task by name. */
  readonly results: Readonly<Record<string, number>>;
}

/** Decides who goes next. It is asked at every turn, also when only one can. */
export type Chooser = (runnable: readonly string[], turn: number) => string;

/**
 * Follows a schedule, and after its end the first task that can go. A letter whose task cannot go is passed over, so
 * that a shortened schedule still is one.
 *
 * @param schedule letter by letter, or with counts: "MMMP" or "M3 P"
 */
export function following(schedule: string): Chooser {
  const letters = scheduleOf(schedule);
  let at = 0;
  return (runnable) => {
    while (at < letters.length) {
      const letter = letters[at++] as string;
      if (runnable.includes(letter)) return letter;
    }
    return runnable[0] as string;
  };
}

/**
 * Interleaves tasks on one host, changing over at scheduling points only. The same schedule gives the same run.
 * Throws a `DeadlockError` when every task that is left waits.
 *
 * @example
 * ```ts
 * const { tasks } = host.sys;
 * const run = runSchedule(host, { M: tasks.ioctl(iommu, IOMMU_VDEVICE_TSM_MAP, bytes), P: tasks.close(fd) }, following("MMPM"));
 * ```
 */
export function runSchedule(host: Host, tasks: NamedTasks, choose: Chooser): ScheduledRun {
  const execution = new Execution(host, tasks);
  try {
    return play(execution, choose);
  } finally {
    execution.finish();
  }
}

function play(execution: Execution, choose: Chooser): ScheduledRun {
  const turns: Turn[] = [];
  while (!execution.ended) {
    const runnable = execution.tasks.filter((_, number) => execution.canGo(number)).map(({ name }) => name);
    if (runnable.length === 0) throw new DeadlockError(execution.waits);
    const chosen = choose(runnable, turns.length);
    if (!runnable.includes(chosen))
      throw new RangeError(`task ${chosen} cannot go; ${runnable.join(", ")} can`);
    const number = execution.tasks.findIndex(({ name }) => name === chosen);
    execution.step(number);
    const { stoppedAt } = execution.tasks[number] as Running;
    turns.push({ task: chosen, stoppedAt, runnable });
  }
  return { schedule: execution.schedule, turns, results: execution.results };
}
