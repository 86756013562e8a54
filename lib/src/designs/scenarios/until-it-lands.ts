// SPDX-License-Identifier: MIT
import type { DmaSeen } from "../observe.ts";
import type { Stage } from "../scenario.ts";
import { guestPage } from "../setting.ts";

/** What can be done for a DMA that does not arrive: the guest touches the page, or the VMM maps it (again). */
type Remedy = "touch" | "map";

/** Tries the remedies one after another until a DMA to a private page reaches the guest's page. */
export function untilItLands(
  stage: Stage,
  page: number,
  lastDma: DmaSeen,
  remedies: readonly Remedy[],
): void {
  let seen = lastDma;
  for (const remedy of remedies) {
    if (seen.frame === "the guest's page") return;
    if (remedy === "touch") stage.setting.touch(page);
    else stage.move("map again", () => stage.setting.moves.map(guestPage(page)));
    seen = stage.dma(
      remedy === "touch" ? "after the guest has touched it" : "after the VMM has mapped it",
      page,
      "private",
    );
  }
}
