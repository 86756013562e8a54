// SPDX-License-Identifier: MIT
import { runStraight } from "../../lib/src/base/task.ts";
import { boot, type Host } from "../../lib/src/boot.ts";
import { kvm_map_private_memory } from "../../lib/src/kernel/kvm/arm64/map-private-memory.ts";
import { startRealm, Vmm } from "../../lib/src/user/vmm.ts";
import { vmOf } from "../../lib/src/view/find.ts";

/** First address of the realm's memory. */
export const GPA = 0x8000_0000;

/** A small host with a realm of eight pages, the first `mapped` of them mapped. */
export function realmWith(mapped: number): { host: Host; vmm: Vmm } {
  const host = boot({ memory: 64 * 4096 });
  const vmm = startRealm(host, { gpa: GPA, size: 8 * 4096 });
  runStraight(kvm_map_private_memory(vmOf(host), GPA, GPA + mapped * 4096));
  return { host, vmm };
}

/** A realm of eight pages that were plugged in after its start, so that it has no tables for them. */
export function lateRealm(): { host: Host; vmm: Vmm } {
  const host = boot({ memory: 128 * 4096 });
  const vmm = new Vmm(host);
  vmm.createVm();
  vmm.createRealm();
  vmm.activate();
  vmm.addMemory({ gpa: GPA, size: 8 * 4096 });
  return { host, vmm };
}
