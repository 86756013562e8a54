// SPDX-License-Identifier: MIT
import { plural } from "../base/plural.ts";
import { seeded } from "../base/random.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { searchReduced } from "./dpor.ts";
import { shortened } from "./minimise.ts";
import { searchAll } from "./naive.ts";
import type { Race } from "./race.ts";
import { searchAtRandom } from "./random-walk.ts";
import { type Failure, isShorter, Search } from "./search.ts";
import { TaskError } from "./task-error.ts";

/** How an exploration stands. */
export interface Progress {
  readonly schedules: number;
  readonly states: number;
  /** Runs given up because they could only repeat another. */
  readonly pruned: number;
}

/** What to explore, and how far. */
export interface ExploreOptions {
  /** The kernel: a name, or a variant with functions of your own. @default "rfc-v1" */
  readonly kernel?: string | KernelVariant;
  /** Tries only schedules that change from one task to another at most so often, and then cannot say "holds". */
  readonly switches?: number;
  /** Tries `maxSchedules` schedules at random instead of all, the same for the same seed; it cannot say "holds" then. */
  readonly seed?: number;
  /** Gives up after so many schedules. @default 200000 */
  readonly maxSchedules?: number;
  /** Told every 1,000 schedules. */
  readonly onProgress?: (progress: Progress) => void;
  /** Asked after every schedule; true ends the exploration, unfinished. */
  readonly stop?: () => boolean;
  /** Looks for the shortest schedule that breaks each rule. @default true */
  readonly shortest?: boolean;
}

/** What came of exploring a race. */
export interface Exploration extends Progress {
  /**
   * "holds": every schedule was covered and none breaks a rule. "broken": some do. "unfinished": none was found, but
   * not all were tried; `why` says what ended the search.
   */
  readonly verdict: "holds" | "broken" | "unfinished";
  /** Each rule that can be broken, with the shortest schedule that was found for it, by length. */
  readonly broken: readonly Failure[];
  /** The first of them. */
  readonly shortest?: Failure;
  /** Why the search ended early. It can be there beside "broken" too. */
  readonly why?: string;
}

const DEFAULT_LIMIT = 200_000;

/**
 * Tries every order of the steps of a race that can make a difference, each on a fresh host, and tells which rules can
 * be broken. Tasks change over at scheduling points only.
 *
 * A function of the learner that loops, throws, yields what is no scheduling point or returns nonsense breaks the rule
 * "not-a-task", with the schedule up to that turn; the exploration ends there.
 *
 * @example
 * ```ts
 * const { verdict, shortest } = explore(mapAgainstPunch, { kernel: "rfc-v1" });
 * verdict; // "broken"
 * runLengths(shortest.schedule); // "M12 P30 M6"
 * ```
 */
export function explore(race: Race, options: ExploreOptions = {}): Exploration {
  const { kernel = "rfc-v1", maxSchedules = DEFAULT_LIMIT, onProgress, stop, shortest = true } = options;
  const shouldStop = (): boolean => {
    if (onProgress !== undefined && (search.schedules + search.prunedRuns) % 1000 === 0)
      onProgress(progress(search));
    return stop?.() ?? false;
  };
  const search = new Search(race, kernel, maxSchedules, shouldStop);
  try {
    go(search, options);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    search.failures.set("not-a-task", { rule: "not-a-task", text: error.message, schedule: error.schedule });
    search.why = "a task did what no task may";
  }
  const found = [...search.failures.values()];
  const broken = (shortest ? found.map((failure) => shortened(race, kernel, failure)) : found).sort(byLength);
  const verdict = broken.length > 0 ? "broken" : search.why === undefined ? "holds" : "unfinished";
  return {
    verdict,
    ...progress(search),
    broken,
    ...(broken[0] === undefined ? {} : { shortest: broken[0] }),
    ...(search.why === undefined ? {} : { why: search.why }),
  };
}

function go(search: Search, { switches, seed }: ExploreOptions): void {
  if (seed !== undefined) searchAtRandom(search, seeded(seed));
  else if (switches === undefined) searchReduced(search);
  else {
    searchAll(search, switches);
    search.why ??= `only schedules with at most ${plural(switches, "change")} between tasks were tried`;
  }
}

function byLength(a: Failure, b: Failure): number {
  if (isShorter(a.schedule, b.schedule)) return -1;
  if (isShorter(b.schedule, a.schedule)) return 1;
  return a.rule < b.rule ? -1 : 1;
}

function progress({ schedules, states, prunedRuns }: Search): Progress {
  return { schedules, states, pruned: prunedRuns };
}
