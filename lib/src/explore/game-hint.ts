// SPDX-License-Identifier: MIT
import type { KernelVariant } from "../kernel/variant.ts";
import { searchReduced } from "./dpor.ts";
import type { Execution } from "./execution.ts";
import { searchAll } from "./naive.ts";
import type { Race } from "./race.ts";
import { Search } from "./search.ts";
import { TaskError } from "./task-error.ts";

/** Whether a rule can still be broken from a point of a race on. */
export interface WayToWin {
  /** "unknown" when the search was given up. */
  readonly winnable: "yes" | "no" | "unknown";
  /** A schedule that begins with the turns so far and breaks a rule. */
  readonly schedule?: string;
  /** Ways of going on that the last search tried. */
  readonly tried: number;
}

/** A search of everything that can come after some turns. */
class SearchFrom extends Search {
  readonly #prefix: string;

  constructor(race: Race, kernel: string | KernelVariant, prefix: string, limit: number) {
    super(race, kernel, limit, () => this.failures.size > 0);
    this.#prefix = prefix;
  }

  override begin(): Execution {
    const execution = super.begin();
    for (const letter of this.#prefix)
      execution.step(execution.tasks.findIndex(({ name }) => name === letter));
    return execution;
  }
}

/** Ways with few changes of actor that are tried before all others: they are the ones that people see through. */
const FEW = 40;
const MOST_SWITCHES = 2;

/**
 * Looks for a way to break a rule after some turns: with few changes of actor first, then every way that can make a
 * difference.
 *
 * @param prefix one letter for each turn so far
 * @param limit ways of going on to try before giving up
 */
export function wayToWin(
  race: Race,
  kernel: string | KernelVariant,
  prefix: string,
  limit: number,
): WayToWin {
  const tries = [
    ...Array.from({ length: MOST_SWITCHES + 1 }, (_, switches) => ({ most: FEW, switches })),
    { most: limit, switches: undefined },
  ];
  let tried = 0;
  for (const { most, switches } of tries) {
    const search = new SearchFrom(race, kernel, prefix, most);
    try {
      if (switches === undefined) searchReduced(search);
      else searchAll(search, switches);
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      return { winnable: "yes", schedule: error.schedule, tried };
    }
    tried = search.schedules + search.prunedRuns;
    const found = [...search.failures.values()][0];
    if (found !== undefined) return { winnable: "yes", schedule: found.schedule, tried };
    if (switches === undefined && !search.isOver) return { winnable: "no", tried };
  }
  return { winnable: "unknown", tried };
}
