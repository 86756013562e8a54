// SPDX-License-Identifier: MIT
import { DeadlockError, type SchedulingPoint, type Task } from "../base/task.ts";
import type { Host } from "../boot.ts";

/** Tasks to interleave, by one-letter names: a schedule is then a word. */
export type NamedTasks = Readonly<Record<string, Task<number>>>;

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
 * Follows a schedule letter by letter, and after its end the first task that can go. A letter whose task cannot go
 * is passed over, so that a shortened schedule still is one.
 */
export function following(schedule: string): Chooser {
  const letters = [...schedule];
  return (runnable) => {
    for (let letter = letters.shift(); letter !== undefined; letter = letters.shift()) {
      if (runnable.includes(letter)) return letter;
    }
    return runnable[0] as string;
  };
}

interface Running {
  readonly name: string;
  readonly task: Task<number>;
  stoppedAt: SchedulingPoint | undefined;
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
  const { scheduling } = host.kernel;
  let left: Running[] = Object.entries(tasks)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, task]) => ({ name, task, stoppedAt: undefined }));
  const turns: Turn[] = [];
  const results: Record<string, number> = {};

  scheduling.preemptible = true;
  try {
    while (left.length > 0) {
      const ready = left.filter(({ stoppedAt }) => stoppedAt?.until === undefined || stoppedAt.until());
      if (ready.length === 0) throw new DeadlockError(left.map(waitsFor).join("; "));
      const runnable = ready.map(({ name }) => name);
      const chosen = choose(runnable, turns.length);
      const running = ready.find(({ name }) => name === chosen);
      if (running === undefined) throw new RangeError(`task ${chosen} cannot go; ${runnable.join(", ")} can`);

      const step = running.task.next();
      running.stoppedAt = step.done === true ? undefined : step.value;
      turns.push({ task: running.name, stoppedAt: running.stoppedAt, runnable });
      if (step.done === true) {
        results[running.name] = step.value;
        left = left.filter((other) => other !== running);
      }
    }
  } finally {
    scheduling.preemptible = false;
  }
  return { schedule: turns.map(({ task }) => task).join(""), turns, results };
}

function waitsFor({ name, stoppedAt }: Running): string {
  return `${name} waits for ${stoppedAt?.object}`;
}
