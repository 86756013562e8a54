// SPDX-License-Identifier: MIT
import type { Host } from "../boot.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import type { BrokenRule, Race } from "./race.ts";
import { following, runSchedule, type ScheduledRun } from "./schedule.ts";

/** One run of a race, and what came of it. */
export interface Replay extends ScheduledRun {
  readonly host: Host;
  readonly broken: readonly BrokenRule[];
}

/**
 * Runs a race with one schedule. After the end of the schedule, and where its next task cannot go, the first task that
 * can goes on. Throws a RangeError for a text that is no schedule, and a DeadlockError when nobody can go on.
 *
 * @param schedule letter by letter, or with counts: "M12 P3 M2"
 * @example
 * ```ts
 * const { broken } = replay(mapAgainstPunch, "M5 P8 M");
 * broken[0]?.rule; // "page-of-the-file"
 * ```
 */
export function replay(race: Race, schedule: string, kernel: string | KernelVariant = "rfc-v1"): Replay {
  const choose = following(schedule);
  const { host, tasks, broken } = race.start(kernel);
  const run = runSchedule(host, tasks, choose);
  return { host, ...run, broken: broken(run.results) };
}
