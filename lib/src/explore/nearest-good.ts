// SPDX-License-Identifier: MIT
import { Footprint } from "../base/footprint.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { type OrderedTurn, type RacingPair, racingPairs, reversed } from "./conflict.ts";
import type { Race } from "./race.ts";
import { switchesIn } from "./schedule-text.ts";
import { Search } from "./search.ts";
import { TaskError } from "./task-error.ts";

/** A good schedule near a bad one. */
export interface NearestGood {
  readonly schedule: string;
  /** Pairs of conflicting turns that come the other way round; every one of them alone leaves it bad. */
  readonly swaps: number;
  /** The pair whose order decides, by its tasks and by which of their turns it is, from 1. */
  readonly pair: readonly [TurnOf, TurnOf];
}

/** A turn of a task, whatever its place in the schedule. */
export interface TurnOf {
  readonly actor: string;
  /** From 1. */
  readonly turn: number;
}

/** Schedules that are tried before giving up. */
const MOST_TRIED = 150;
/** Swaps of a schedule that is still near. */
const MOST_SWAPS = 3;

interface Tried {
  readonly turns: readonly OrderedTurn[];
  readonly schedule: string;
  readonly isGood: boolean;
  readonly pair?: RacingPair;
  readonly pairTurns?: readonly [TurnOf, TurnOf];
}

/**
 * The nearest schedule that breaks nothing: turns that conflict are put the other way round, one pair at a time, then
 * two pairs, and three. Among those at the same distance the one that changes over least often is taken, then the one
 * whose pair is closest together. Each was run. `undefined` when three swaps or 150 runs
 * did not lead to one.
 */
export function nearestGood(
  race: Race,
  schedule: string,
  kernel: string | KernelVariant = "rfc-v1",
): NearestGood | undefined {
  const seen = new Set<string>();
  let level: Tried[] = [runOf(race, schedule, kernel)];
  let left = MOST_TRIED;
  for (let swaps = 1; swaps <= MOST_SWAPS; swaps++) {
    const next: Tried[] = [];
    for (const from of level) {
      for (const pair of racingPairs(from.turns)) {
        const letters = reversed(from.turns, pair);
        if (left === 0 || seen.has(letters)) continue;
        seen.add(letters);
        left--;
        const pairTurns = [turnOf(from.turns, pair.first), turnOf(from.turns, pair.second)] as const;
        const tried = runOf(race, letters, kernel);
        if (isReversed(tried.turns, pairTurns)) next.push({ ...tried, pair, pairTurns });
      }
    }
    const best = next.filter(({ isGood }) => isGood).sort(byNearness)[0];
    if (best?.pairTurns !== undefined) return { schedule: best.schedule, swaps, pair: best.pairTurns };
    level = next;
  }
  return undefined;
}

function byNearness(a: Tried, b: Tried): number {
  const width = ({ pair }: Tried): number => (pair === undefined ? 0 : pair.second - pair.first);
  return switchesIn(a.schedule) - switchesIn(b.schedule) || width(a) - width(b);
}

function turnOf(turns: readonly OrderedTurn[], at: number): TurnOf {
  const { actor } = turns[at] as OrderedTurn;
  return { actor, turn: turns.slice(0, at + 1).filter((turn) => turn.actor === actor).length };
}

/** True when the run has the second turn before the first, which locks may not have let happen. */
function isReversed(turns: readonly OrderedTurn[], [first, second]: readonly [TurnOf, TurnOf]): boolean {
  const placeOf = ({ actor, turn }: TurnOf): number => {
    const places = turns.flatMap((one, place) => (one.actor === actor ? [place] : []));
    return places[turn - 1] ?? Number.POSITIVE_INFINITY;
  };
  return placeOf(second) < placeOf(first);
}

/** One run, with what its turns touched. Letters of tasks that cannot go are passed over. */
function runOf(race: Race, letters: string, kernel: string | KernelVariant): Tried {
  const search = new Search(race, kernel);
  const execution = search.begin();
  const turns: OrderedTurn[] = [];
  const step = (number: number): void => {
    const footprint = new Footprint();
    execution.step(number, footprint);
    turns.push({ actor: execution.tasks[number]?.name ?? "", footprint });
  };
  try {
    for (const letter of letters) {
      const number = execution.tasks.findIndex(({ name }) => name === letter);
      if (number >= 0 && execution.canGo(number)) step(number);
    }
    for (let set = execution.runnable; set !== 0; set = execution.runnable) step(31 - Math.clz32(set & -set));
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return { turns, schedule: execution.schedule, isGood: false };
  }
  const isGood = search.judge(execution).length === 0;
  execution.finish();
  return { turns, schedule: execution.schedule, isGood };
}
