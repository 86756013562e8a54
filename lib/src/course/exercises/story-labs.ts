// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { boot } from "../../boot.ts";
import { GRANULE } from "../../rmm/granules.ts";
import { type AssignedRealm, realmWithDevice } from "../../user/assigned-realm.ts";

/** First address of the guest's memory, in bytes. */
export const RAM = 0x8000_0000;
/** End of the guest's memory, in bytes: 2 GiB. */
export const RAM_END = 0x1_0000_0000;

/** The machine of notebook 00 before the ioctl. */
export function storyMachine(): AssignedRealm {
  return realmWithDevice(boot({ memory: 4096 * PAGE_SIZE }), { gpa: RAM, size: RAM_END - RAM, ipaBits: 48 });
}

/** Number of granules that hold translation tables. */
export function tableCount({ vmm }: AssignedRealm): number {
  const { machine, rmm } = vmm.host;
  const { basePfn, pages } = machine.memory;
  let count = 0;
  for (let i = 0; i < pages; i++) {
    if (rmm.state.granules.stateOf((basePfn + i) as typeof basePfn) === GRANULE.RTT) count++;
  }
  return count;
}

/** The call that a range stands for. */
export function callOf(start: number, end: number): string {
  return `TSM_MAP of ${hex(start)} to ${hex(end)}`;
}

/** The cell of an exercise whose answer is a range. */
export function rangeCell(id: string, start: string, end: string): string {
  return `const range = { start_gpa: ${start}, end_gpa: ${end} };\ncheck("${id}", range);`;
}
