// SPDX-License-Identifier: MIT
import type { Scenario } from "../scenario.ts";
import { untilItLands } from "./until-it-lands.ts";

/** How many conversions there are, half of them in each direction. */
export const CONVERSIONS = 1000;

/** One page is converted a thousand times. */
export const manyConversions: Scenario = {
  id: "many-conversions",
  title: `${CONVERSIONS.toLocaleString("en")} conversions`,
  begins: "started",
  play: (stage) => {
    const { setting } = stage;
    setting.touch(0);
    const refused = new Map<number, number>();
    for (let n = 0; n < CONVERSIONS; n++) {
      const result = setting.convert(0, n % 2 === 1);
      if (result < 0) refused.set(result, (refused.get(result) ?? 0) + 1);
    }
    for (const [result, times] of refused) stage.move(`${times} of the conversions`, () => result);
    const { toPrivate } = stage.bothDma("at the end", 0);
    untilItLands(stage, 0, toPrivate, ["touch"]);
    stage.holders("at the end", 0);
  },
};
