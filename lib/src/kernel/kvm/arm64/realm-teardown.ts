// SPDX-License-Identifier: MIT
import { isAligned, type Pa, paToPfn } from "../../../base/address.ts";
import { EBUSY, ENXIO } from "../../../base/errno.ts";
import type { Task } from "../../../base/task.ts";
import { indexOf, RMI_ERROR_RTT, RMI_SUCCESS, statusOf } from "../../../rmm/status.ts";
import type { Kvm } from "../kvm.ts";
import { kvm_realm_unmap_range } from "./realm-unmap.ts";
import { rmi_rtt_destroy } from "./rmi-cmds.ts";
import {
  free_delegated_granule,
  get_start_level,
  RMM_RTT_MAX_LEVEL,
  rme_rtt_level_mapsize,
} from "./rtt-levels.ts";

/**
 * Frees stage 2 at the end of a VM: everything is unmapped, then every table below the roots is destroyed, then
 * the roots go back to the allocator (once the realm has let go of them).
 *
 * @kernel arch/arm64/kvm/mmu.c kvm_free_stage2_pgd
 */
export function* kvm_free_stage2_pgd(kvm: Kvm): Task<void> {
  const { realm } = kvm.arch;
  if (realm.state !== "NEW" && realm.state !== "ACTIVE") return;
  yield* kvm.mmu_lock.writeLock();
  yield* kvm_realm_unmap_range(kvm, 0, 2 ** (realm.ia_bits - 1), true);
  kvm.mmu_lock.writeUnlock();
  realm_tear_down_rtt_range(kvm, get_start_level(realm) + 1, 0, 2 ** realm.ia_bits);
}

/** Gives the root tables back to the allocator. */
export function freePgd(kvm: Kvm): void {
  const { mmu } = kvm.arch;
  const first = paToPfn(mmu.pgd_phys);
  for (let i = 0; i < mmu.pgd_pages; i++) kvm.kernel.pages.put_page((first + i) as typeof first);
}

/** Destroys the tables at `level` and below that cover a range of addresses (bytes). @kernel arch/arm64/kvm/rme.c */
export function realm_tear_down_rtt_range(kvm: Kvm, level: number, start: number, end: number): number {
  const { kernel } = kvm;
  const size = rme_rtt_level_mapsize(level - 1);
  for (let addr = start; addr < end; ) {
    const next = (Math.floor(addr / size) + 1) * size;
    if (!isAligned(addr, size) || next > end) {
      kernel.log.warn("realm_tear_down_rtt_range: a range that does not end with a table");
      return -EBUSY;
    }
    const result = rmi_rtt_destroy(kernel, kvm.arch.realm.rd, addr, level);
    const { x1: rtt, x2: top } = kernel.rmm.out;
    if (result === RMI_SUCCESS) {
      free_delegated_granule(kernel, rtt as Pa);
      addr = next;
    } else if (statusOf(result) !== RMI_ERROR_RTT) {
      kernel.log.warn("realm_tear_down_rtt_range: the firmware refused RMI_RTT_DESTROY");
      return -ENXIO;
    } else if (top > addr) {
      // No table here; the firmware says where the next one may be.
      addr = top;
    } else {
      if (indexOf(result) !== level || level === RMM_RTT_MAX_LEVEL) {
        kernel.log.warn("realm_tear_down_rtt_range: an entry that is still mapped");
        return -EBUSY;
      }
      // The table is in use: empty it, then try again.
      const below = realm_tear_down_rtt_range(kvm, level + 1, addr, next);
      if (below !== 0) return below;
    }
  }
  return 0;
}
