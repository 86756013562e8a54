// SPDX-License-Identifier: MIT
import type { Design } from "./design.ts";
import { gmemCallbackInIommu, gmemPinnedInIommu, gmemUnheldInIommu } from "./gmem-in-iommu.ts";
import { inPlaceDrop, inPlaceKeep } from "./in-place-conversion.ts";
import { initialMemory } from "./initial-memory.ts";
import { pinnedGmem } from "./pinned-gmem.ts";
import { preFaulting } from "./pre-fault.ts";
import { rfcV1 } from "./rfc-v1.ts";
import { vmIoctl } from "./vm-ioctl.ts";

/** Every design of the thread, and of what came after it, in the order in which the course tells of them. */
export const designs: readonly Design[] = [
  rfcV1,
  vmIoctl,
  preFaulting,
  pinnedGmem,
  gmemPinnedInIommu,
  gmemUnheldInIommu,
  gmemCallbackInIommu,
  initialMemory,
  inPlaceKeep,
  inPlaceDrop,
];

/** The design of an id. Throws a RangeError with the known ids. */
export function designOf(id: string): Design {
  const found = designs.find((design) => design.id === id);
  if (found === undefined)
    throw new RangeError(
      `there is no design "${id}"; there are ${designs.map((design) => design.id).join(", ")}`,
    );
  return found;
}
