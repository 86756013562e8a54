// SPDX-License-Identifier: MIT
import { setSlot } from "../moves.ts";
import type { Scenario } from "../scenario.ts";
import { untilItLands } from "./until-it-lands.ts";

/** The VMM deletes the slot that the device writes to, and makes it again. */
export const deleteSlot: Scenario = {
  id: "delete-slot",
  title: "The slot deleted under DMA",
  begins: "started",
  play: (stage) => {
    const { setting } = stage;
    const { vmm, memory } = setting;
    setting.touch(0);
    stage.bothDma("before", 0);
    stage.move("delete the slot", () => setSlot(vmm, memory, 0));
    stage.bothDma("without the slot", 0);
    stage.move("make the slot again", () => setSlot(vmm, memory, memory.size));
    const seen = stage.dma("with the slot again", 0, "private");
    untilItLands(stage, 0, seen, ["map", "touch"]);
    stage.holders("at the end", 0);
  },
};
