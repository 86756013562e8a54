// SPDX-License-Identifier: MIT
import { EndlessStretchError, type Footprint, touches } from "../base/footprint.ts";
import type { SchedulingPoint, Task } from "../base/task.ts";
import { UnmodelledError } from "../base/unmodelled.ts";
import type { Host } from "../boot.ts";
import { NotAKernelFunction } from "./not-a-kernel-function.ts";
import { TaskError } from "./task-error.ts";

/** Tasks to interleave, by one-letter names: a schedule is then a word. */
export type NamedTasks = Readonly<Record<string, Task<number>>>;

/** A task under way. */
export interface Running {
  readonly name: string;
  readonly task: Task<number>;
  /** Where it stopped; `undefined` before its first turn and after its end. */
  stoppedAt: SchedulingPoint | undefined;
  ended: boolean;
  result: number | undefined;
}

/** Turns that a run may take before it counts as one without end. */
export const MOST_TURNS = 10_000;

/**
 * Tasks on one host in the middle of being interleaved: who can go, and one turn at a time. Tasks are numbered in the
 * order of their names.
 */
export class Execution {
  readonly host: Host;
  readonly tasks: readonly Running[];
  /** One letter for each turn so far. */
  schedule = "";

  constructor(host: Host, tasks: NamedTasks) {
    this.host = host;
    this.tasks = Object.entries(tasks)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, task]) => ({ name, task, stoppedAt: undefined, ended: false, result: undefined }));
    host.kernel.pages.splitAmong(this.tasks.length);
  }

  /** Goes back to one processor. The tasks are not interleaved any more. */
  finish(): void {
    this.host.kernel.pages.splitAmong(0);
  }

  /** True when no task has anything left to do. */
  get ended(): boolean {
    return this.tasks.every(({ ended }) => ended);
  }

  /** What the tasks returned that have ended, in order of name. */
  get results(): Readonly<Record<string, number>> {
    const results: Record<string, number> = {};
    for (const { name, result } of this.tasks) if (result !== undefined) results[name] = result;
    return results;
  }

  canGo(number: number): boolean {
    const { ended, stoppedAt } = this.tasks[number] as Running;
    return !ended && (stoppedAt?.until === undefined || stoppedAt.until());
  }

  /** The tasks that can go, as a set of bits. */
  get runnable(): number {
    let set = 0;
    for (let number = 0; number < this.tasks.length; number++) if (this.canGo(number)) set |= 1 << number;
    return set;
  }

  /**
   * Gives a task one turn: up to its next scheduling point, or to its end. Throws a TaskError when it does what no
   * task may.
   *
   * @param footprint takes what the turn touches, the condition that it waited for included
   */
  step(number: number, footprint?: Footprint): void {
    const running = this.tasks[number] as Running;
    const { kernel } = this.host;
    this.schedule += running.name;
    if (this.schedule.length > MOST_TURNS)
      throw new TaskError(`the tasks did not end within ${MOST_TURNS} turns`, running.name, this.schedule);

    kernel.scheduling.preemptible = true;
    kernel.pages.cpu = number;
    if (footprint !== undefined) touches.start(footprint);
    try {
      // What a task waited for is part of what it depends on.
      if (footprint !== undefined) running.stoppedAt?.until?.();
      this.#take(running, running.task.next());
    } catch (error) {
      if (error instanceof TaskError || error instanceof UnmodelledError) throw error;
      throw new TaskError(whatWasThrown(error), running.name, this.schedule);
    } finally {
      touches.stop();
      kernel.scheduling.preemptible = false;
    }
  }

  #take(running: Running, step: unknown): void {
    const { done, value } = (step ?? {}) as { done?: unknown; value?: unknown };
    if (done === true) {
      if (typeof value !== "number" || !Number.isInteger(value))
        throw new TaskError(
          `it returned ${shown(value)}, and not a whole number`,
          running.name,
          this.schedule,
        );
      running.ended = true;
      running.stoppedAt = undefined;
      running.result = value;
    } else if (isSchedulingPoint(value)) running.stoppedAt = value;
    else
      throw new TaskError(
        `it yielded ${shown(value)}, which is no scheduling point`,
        running.name,
        this.schedule,
      );
  }

  /** Who waits for what, for telling a deadlock. */
  get waits(): string {
    return this.tasks
      .filter(({ ended }) => !ended)
      .map(({ name, stoppedAt }) => `${name} waits for ${stoppedAt?.object}`)
      .join("; ");
  }
}

const KINDS: readonly unknown[] = ["lock", "unlock", "read", "write", "rmi", "wait", "alloc"];

/** True for what a task may yield. */
export function isSchedulingPoint(value: unknown): value is SchedulingPoint {
  if (typeof value !== "object" || value === null) return false;
  const { kind, object, until } = value as Partial<SchedulingPoint>;
  return (
    KINDS.includes(kind) && typeof object === "string" && ["undefined", "function"].includes(typeof until)
  );
}

/** A value in a few characters, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null)
    return value instanceof Promise ? "a promise" : "an object";
  return String(value);
}

function whatWasThrown(error: unknown): string {
  if (error instanceof EndlessStretchError) return error.message;
  if (error instanceof NotAKernelFunction) return error.message;
  return error instanceof Error ? `it threw ${error.name}: ${error.message}` : `it threw ${shown(error)}`;
}
