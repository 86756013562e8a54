// SPDX-License-Identifier: MIT
import { gfnToGpa, gpaToGfn, PAGE_SIZE } from "../base/address.ts";
import { LAST_LEVEL } from "../hw/stage2.ts";
import { RTT_ENTRY_STATE } from "../rmm/commands/rtt.ts";
import { RMI_RTT_READ_ENTRY } from "../rmm/fid.ts";
import { RMI_SUCCESS } from "../rmm/status.ts";
import { type Subject, vmOf } from "./find.ts";

/**
 * The guest pages of a range (bytes, end exclusive) that the realm's tables map, each by its first address. The
 * firmware is asked page by page, as the host has no other way to know.
 *
 * @param vmFd descriptor of the realm's VM; the first VM without it
 * @rmm RMI_RTT_READ_ENTRY
 */
export function mappedPages(host: Subject, start_gpa: number, end_gpa: number, vmFd?: number): number[] {
  const { rmm } = host;
  const { rd } = vmOf(host, vmFd).arch.realm;
  const mapped: number[] = [];
  for (let gpa: number = gfnToGpa(gpaToGfn(start_gpa)); gpa < end_gpa; gpa += PAGE_SIZE) {
    const status = rmm.smc(RMI_RTT_READ_ENTRY, rd, gpa, LAST_LEVEL);
    if (status === RMI_SUCCESS && rmm.out.x2 === RTT_ENTRY_STATE.ASSIGNED) mapped.push(gpa);
  }
  return mapped;
}
