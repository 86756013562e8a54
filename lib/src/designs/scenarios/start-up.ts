// SPDX-License-Identifier: MIT
import type { Scenario } from "../scenario.ts";

/** From nothing to a device that reaches private memory. */
export const startUp: Scenario = {
  id: "start-up",
  title: "Start-up",
  begins: "boot",
  play: (stage) => {
    stage.move("start up", () => stage.setting.startUp());
    stage.holders("after start-up", 0);
  },
};
