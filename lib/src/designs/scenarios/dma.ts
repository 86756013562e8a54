// SPDX-License-Identifier: MIT
import type { Scenario } from "../scenario.ts";
import { untilItLands } from "./until-it-lands.ts";

/** The reason for the patch: DMA to private memory, before and after it was mapped for the device. */
export const dmaAndMapping: Scenario = {
  id: "dma",
  title: "DMA before and after mapping",
  begins: "bound",
  play: (stage) => {
    stage.bothDma("before", 0);
    stage.move("start up", () => stage.setting.startUp());
    const { toPrivate } = stage.bothDma("after", 0);
    untilItLands(stage, 0, toPrivate, ["touch"]);
    stage.dma("to shared memory", 4, "shared");
    stage.holders("after", 0);
  },
};
