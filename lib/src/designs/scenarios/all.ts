// SPDX-License-Identifier: MIT
import type { Scenario } from "../scenario.ts";
import { closeOrders } from "./close-orders.ts";
import { conversion } from "./conversion.ts";
import { deleteSlot } from "./delete-slot.ts";
import { dmaAndMapping } from "./dma.ts";
import { manyConversions } from "./many-conversions.ts";
import { mapTwice } from "./map-twice.ts";
import { punchHole } from "./punch-hole.ts";
import { startUp } from "./start-up.ts";

/** Every scenario, in the order in which the course plays them. */
export const scenarios: readonly Scenario[] = [
  startUp,
  dmaAndMapping,
  mapTwice,
  conversion,
  manyConversions,
  punchHole,
  deleteSlot,
  ...closeOrders,
];

/** The scenario of an id. Throws a RangeError with the known ids. */
export function scenarioOf(id: string): Scenario {
  const found = scenarios.find((scenario) => scenario.id === id);
  if (found === undefined)
    throw new RangeError(
      `there is no scenario "${id}"; there are ${scenarios.map((each) => each.id).join(", ")}`,
    );
  return found;
}
