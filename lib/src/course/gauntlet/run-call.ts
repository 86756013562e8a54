// SPDX-License-Identifier: MIT
import { Footprint } from "../../base/footprint.ts";
import type { Task } from "../../base/task.ts";
import type { Host } from "../../boot.ts";
import { Execution } from "../../explore/execution.ts";
import { TaskError } from "../../explore/task-error.ts";

/**
 * Runs one task to its end with nobody else at work, turn by turn: a function that loops, throws, yields what is no
 * scheduling point or returns nonsense ends in a TaskError, whose message says so.
 *
 * Not caught: a loop that neither comes to a scheduling point nor touches anything that tasks share. It takes the stop
 * button.
 */
export function runCall(host: Host, task: Task<number>): number {
  const execution = new Execution(host, { M: task });
  try {
    while (!execution.ended) {
      if (!execution.canGo(0))
        throw new TaskError(`it waits for good: ${execution.waits}`, "M", execution.schedule);
      execution.step(0, new Footprint());
    }
    return execution.results["M"] as number;
  } finally {
    execution.finish();
  }
}
