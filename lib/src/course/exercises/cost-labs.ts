// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { RAM, realmWithoutTables } from "./map-labs.ts";

/** Pages that one table of level 3 is for: 2 MiB. */
export const PAGES_OF_REGION = 512;
/** Pages that one table of level 2 is for: 1 GiB. */
export const PAGES_OF_LEVEL_2: number = 2 ** 18;
/** Pages that one table of level 1 is for: 512 GiB. */
const PAGES_OF_LEVEL_1 = 2 ** 27;

/** Tables that an aligned range of so many pages needs below the root, in a realm that has none. */
export function tablesBelowRoot(ipaBits: number, pages: number): number {
  const levels = Math.max(2, Math.floor((ipaBits - 8) / 9));
  return [PAGES_OF_REGION, PAGES_OF_LEVEL_2, PAGES_OF_LEVEL_1]
    .slice(0, levels - 1)
    .reduce((sum, covered) => sum + Math.ceil(pages / covered), 0);
}

/** Firmware calls that TSM_MAP makes for such a range. */
export function tsmMapCalls(ipaBits: number, pages: number): number {
  return 2 * pages + Math.ceil(pages / PAGES_OF_REGION) + 2 * tablesBelowRoot(ipaBits, pages);
}

/** What the machine did for such a range: how many calls of each command. */
export function countedCalls(ipaBits: number, pages: number): ReadonlyMap<string, number> {
  const { vmm, device } = realmWithoutTables(ipaBits, RAM, RAM + pages * PAGE_SIZE, pages + 256);
  const counts = new Map<string, number>();
  const stop = vmm.host.trace.listen(({ kind, name }) => {
    if (kind === "smc") counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  tsmMap(vmm, device, RAM, RAM + pages * PAGE_SIZE);
  stop();
  return counts;
}
