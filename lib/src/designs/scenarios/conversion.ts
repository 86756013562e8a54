// SPDX-License-Identifier: MIT
import type { Scenario } from "../scenario.ts";
import { untilItLands } from "./until-it-lands.ts";

/** A private page is made shared and private again, with DMA of both kinds at every moment. */
export const conversion: Scenario = {
  id: "conversion",
  title: "Conversion there and back under DMA",
  begins: "started",
  play: (stage) => {
    stage.setting.touch(0);
    stage.bothDma("while private", 0);
    stage.move("convert to shared", () => stage.setting.convert(0, false));
    stage.bothDma("while shared", 0);
    stage.move("convert to private", () => stage.setting.convert(0, true));
    const { toPrivate } = stage.bothDma("private again", 0);
    untilItLands(stage, 0, toPrivate, ["touch"]);
    stage.holders("at the end", 0);
  },
};
