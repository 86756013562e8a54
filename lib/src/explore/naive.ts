// SPDX-License-Identifier: MIT
import type { Search } from "./search.ts";

/** A choice on the way of the run at hand. Tasks are bits. */
interface Choice {
  left: number;
  chosen: number;
  /** Changes from task to task that are left after this one. */
  readonly switches: number;
}

/**
 * Tries every schedule there is, one after another: what the reduced search must agree with, and how schedules with
 * few changes from task to task are found.
 *
 * @param switches most changes from one task to another in a schedule; without it there is no limit
 */
export function searchAll(search: Search, switches: number = Number.POSITIVE_INFINITY): void {
  const choices: Choice[] = [];
  for (;;) {
    const execution = search.begin();
    for (const { chosen } of choices) execution.step(chosen);
    let cut = false;
    for (let runnable = execution.runnable; runnable !== 0; runnable = execution.runnable) {
      const last = choices.at(-1);
      const allowance = last?.switches ?? switches;
      // Without a change left only the same task may go on.
      const left = last === undefined || allowance > 0 ? runnable : runnable & (1 << last.chosen);
      if (left === 0) {
        cut = true;
        break;
      }
      const preferred =
        last !== undefined && (left & (1 << last.chosen)) !== 0 ? 1 << last.chosen : left & -left;
      take(choices, left, preferred, allowance);
      execution.step((choices.at(-1) as Choice).chosen);
      search.stepped();
    }
    if (cut) search.pruned();
    else search.ended(execution);
    if (search.isOver || !next(choices, switches)) return;
  }
}

function take(choices: Choice[], left: number, bit: number, allowance: number): void {
  const chosen = 31 - Math.clz32(bit);
  const last = choices.at(-1);
  const isSwitch = last !== undefined && last.chosen !== chosen;
  choices.push({ left: left & ~bit, chosen, switches: allowance - (isSwitch ? 1 : 0) });
}

/** Moves on to the next choice that is left. False when none is. */
function next(choices: Choice[], switches: number): boolean {
  for (let choice = choices.pop(); choice !== undefined; choice = choices.pop()) {
    if (choice.left === 0) continue;
    take(choices, choice.left, choice.left & -choice.left, choices.at(-1)?.switches ?? switches);
    return true;
  }
  return false;
}
