// SPDX-License-Identifier: MIT
import type { Random } from "../base/random.ts";
import type { Search } from "./search.ts";

/**
 * Tries schedules at random until the search is over. Some runs change over often and some hardly ever: most failures
 * need few changes, at the right turns. The same seed gives the same schedules on every machine.
 */
export function searchAtRandom(search: Search, random: Random): void {
  while (!search.isOver) {
    const execution = search.begin();
    const stay = 2 ** (1 + random.below(5));
    let last = -1;
    for (let runnable = execution.runnable; runnable !== 0; runnable = execution.runnable) {
      const goesOn = last >= 0 && (runnable & (1 << last)) !== 0 && random.below(stay) > 0;
      if (!goesOn) last = oneOf(runnable, random);
      execution.step(last);
      search.stepped();
    }
    search.ended(execution);
  }
}

function oneOf(set: number, random: Random): number {
  const members: number[] = [];
  for (let member = 0; 1 << member <= set; member++) if ((set & (1 << member)) !== 0) members.push(member);
  return members[random.below(members.length)] as number;
}
