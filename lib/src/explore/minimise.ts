// SPDX-License-Identifier: MIT
import type { KernelVariant } from "../kernel/variant.ts";
import { searchAll } from "./naive.ts";
import type { Race } from "./race.ts";
import { switchesIn } from "./schedule-text.ts";
import { type Failure, Search } from "./search.ts";
import { TaskError } from "./task-error.ts";

/** Schedules that looking for one failure may take. */
const MOST_SCHEDULES = 5_000;

/**
 * The shortest schedule that breaks the same rule: with the fewest changes from task to task, and of those the fewest
 * turns. Schedules with one change are tried first, then with two, and so on, until the rule breaks or the failure at
 * hand is no longer than what is left. When that takes too many schedules, the failure stays as it is.
 */
export function shortened(race: Race, kernel: string | KernelVariant, failure: Failure): Failure {
  if (failure.rule === "not-a-task") return failure;
  let left = MOST_SCHEDULES;
  for (let switches = 1; switches < switchesIn(failure.schedule); switches++) {
    const search = new Search(race, kernel, left);
    try {
      searchAll(search, switches);
    } catch (error) {
      if (error instanceof TaskError) return failure;
      throw error;
    }
    const found = search.failures.get(failure.rule);
    if (found !== undefined) return found;
    left -= search.schedules + search.prunedRuns;
    if (left <= 0) break;
  }
  return failure;
}
