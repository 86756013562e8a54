// SPDX-License-Identifier: MIT
// Exploring: how many schedules a second, how long a race takes to its end, and how many schedules are saved.
import { explore, raceById, replay } from "tsm-map-sim";
import { median } from "./figures.mjs";

/** @typedef {import("./figures.mjs").Figure} Figure */

const RUNS = 5;
const TWO_ACTORS = "map-map";
const THREE_ACTORS = "map-map-to-shared";

/** Seconds that exploring a race takes, and what came of it. @param {string} id */
function timed(id) {
  const start = performance.now();
  const found = explore(raceById(id), { shortest: false });
  if (found.why !== undefined) throw new Error(`${id} was not explored to the end: ${found.why}`);
  return { seconds: (performance.now() - start) / 1000, schedules: found.schedules + found.pruned };
}

/** How many schedules there are of tasks that take so many turns and never wait. @param {number[]} turns */
function orders(turns) {
  let count = 1;
  let placed = 0;
  for (const n of turns) for (let i = 1; i <= n; i++) count *= ++placed / i;
  return count;
}

/** Turns that each task of a race takes when they run one after another. @param {string} id */
function turnsOf(id) {
  const { schedule } = replay(raceById(id), "");
  return [...new Set(schedule)].map((task) => schedule.split(task).length - 1);
}

/** @returns {Record<string, Figure>} */
export function measureExplore() {
  timed(TWO_ACTORS);
  const two = Array.from({ length: RUNS }, () => timed(TWO_ACTORS));
  const three = Array.from({ length: RUNS }, () => timed(THREE_ACTORS));
  const schedules = two[0]?.schedules ?? 0;
  return {
    "explore.schedulesPerSecond": {
      value: median(two.map(({ seconds }) => schedules / seconds)),
      unit: "schedules/s",
      note: `race ${TWO_ACTORS}, each on a host that is set up anew and judged`,
    },
    "explore.twoActors": {
      value: median(two.map(({ seconds }) => seconds)),
      unit: "s",
      note: `race ${TWO_ACTORS}, to the end: ${schedules} schedules`,
    },
    "explore.threeActors": {
      value: median(three.map(({ seconds }) => seconds)),
      unit: "s",
      note: `race ${THREE_ACTORS}, to the end: ${three[0]?.schedules} schedules`,
    },
    "explore.reduction": {
      value: orders(turnsOf(TWO_ACTORS)) / schedules,
      unit: "times",
      note: `race ${TWO_ACTORS}: orders of the same turns, for each schedule that is tried`,
    },
    "explore.reductionThree": {
      value: orders(turnsOf(THREE_ACTORS)) / (three[0]?.schedules ?? 1),
      unit: "times",
      note: `race ${THREE_ACTORS}`,
    },
  };
}
