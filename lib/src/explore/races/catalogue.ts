// SPDX-License-Identifier: MIT
import type { Race } from "../race.ts";
import { mapAgainstToPrivate, mapAgainstToShared } from "./attributes.ts";
import { dmaAgainstPunch, dmaAgainstToShared } from "./dma.ts";
import { faultAgainstPunch, mapAgainstFold, mapAgainstPunch } from "./punch-hole.ts";
import { mapAgainstFault, mapAgainstMap } from "./same-page.ts";
import { mapAgainstSlotDelete, mapAgainstSlotMove } from "./slots.ts";
import {
  mapAgainstExit,
  mapAgainstGmemClose,
  mapAgainstVdeviceDestroy,
  mapAgainstVmClose,
} from "./teardown.ts";
import { mapDmaPunch, mapMapToShared, mapPunchFault } from "./three-actors.ts";

/** Every race, those with two actors first. */
export const races: readonly Race[] = [
  mapAgainstPunch,
  mapAgainstToShared,
  mapAgainstToPrivate,
  mapAgainstFault,
  mapAgainstMap,
  mapAgainstSlotDelete,
  mapAgainstSlotMove,
  mapAgainstGmemClose,
  mapAgainstVmClose,
  mapAgainstExit,
  mapAgainstVdeviceDestroy,
  mapAgainstFold,
  dmaAgainstPunch,
  dmaAgainstToShared,
  faultAgainstPunch,
  mapPunchFault,
  mapMapToShared,
  mapDmaPunch,
];

/** The race of an id. Throws a RangeError with the known ids. */
export function raceById(id: string): Race {
  const found = races.find((race) => race.id === id);
  if (found === undefined)
    throw new RangeError(`there is no race "${id}"; there are ${races.map((race) => race.id).join(", ")}`);
  return found;
}
