// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { seeded } from "../../lib/src/base/random.ts";
import { searchReduced } from "../../lib/src/explore/dpor.ts";
import { searchAll } from "../../lib/src/explore/naive.ts";
import { races } from "../../lib/src/explore/races/catalogue.ts";
import { searchAtRandom } from "../../lib/src/explore/random-walk.ts";
import { endingsOf } from "./final-state.ts";

/** Schedules that a race is tried with besides the reduced search; more of them find rarer omissions. */
const SCHEDULES = Number(process.env["FOOTPRINT_SCHEDULES"] ?? 20);
const KERNELS = (process.env["FOOTPRINT_KERNELS"] ?? "rfc-v1").split(",");

// A place that touches shared state without noting it makes the reduced search miss endings.
describe("every ending of a race that other schedules come to, the reduced search has", () => {
  const cases = races
    .filter(({ actors }) => Object.keys(actors).length === 2)
    .flatMap((race) => KERNELS.map((kernel) => [race.id, kernel, race] as const));

  it.each(cases)("%s with %s", (_, kernel, race) => {
    const reduced = endingsOf(race, kernel, searchReduced);
    const atRandom = endingsOf(race, kernel, (search) => searchAtRandom(search, seeded(7)), SCHEDULES);
    const fewSwitches = endingsOf(race, kernel, (search) => searchAll(search, 3), SCHEDULES);

    const missed = [...atRandom.endings, ...fewSwitches.endings].filter(
      ([ending]) => !reduced.endings.has(ending),
    );
    expect(missed.map(([, schedule]) => schedule)).toEqual([]);
    expect(reduced.why).toBeUndefined();
  });
});
