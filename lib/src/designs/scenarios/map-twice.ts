// SPDX-License-Identifier: MIT
import type { Scenario } from "../scenario.ts";
import { guestPage } from "../setting.ts";

/** The VMM maps a page that is mapped already, as one with two devices does. */
export const mapTwice: Scenario = {
  id: "map-twice",
  title: "Mapped twice",
  begins: "started",
  play: (stage) => {
    const { setting } = stage;
    setting.touch(0);
    stage.move("map again", () => setting.moves.map(guestPage(0)));
    stage.dma("after mapping again", 0, "private");
    stage.holders("after mapping again", 0);
  },
};
