// SPDX-License-Identifier: MIT
import { isAligned, PAGE_SIZE, type Pa, paToPfn } from "../../../base/address.ts";
import type { Task } from "../../../base/task.ts";
import { indexOf, RMI_ERROR_RTT, RMI_SUCCESS, statusOf } from "../../../rmm/status.ts";
import type { Kvm } from "../kvm.ts";
import { rmi_data_destroy, rmi_granule_undelegate, rmi_rtt_unmap_unprotected, rmiPoint } from "./rmi-cmds.ts";
import {
  find_map_level,
  get_start_level,
  RMM_RTT_BLOCK_LEVEL,
  RMM_RTT_MAX_LEVEL,
  realm_create_rtt_levels,
  realm_fold_rtt_level,
  rme_rtt_level_mapsize,
} from "./rtt-levels.ts";

/**
 * Takes a range of guest memory (bytes) away from the realm: always its shared alias, and the private half only
 * when `unmap_private` is set. Each private page that goes loses the reference that its mapping held. The caller
 * holds `mmu_lock` for writing; it is let go for a moment between pages.
 *
 * The range is cut at the end of the private half, so what was mapped at an address above it stays.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function* kvm_realm_unmap_range(
  kvm: Kvm,
  start: number,
  size: number,
  unmap_private: boolean,
): Task<void> {
  const { realm } = kvm.arch;
  if (realm.state === "NONE") return;
  const end = Math.min(2 ** (realm.ia_bits - 1), start + size);
  if (start >= end) return;
  yield* realm_unmap_shared_range(kvm, find_map_level(realm, start, end), start, end);
  if (unmap_private) yield* realm_unmap_private_range(kvm, start, end);
}

/** Lets others have `mmu_lock` between two pages of a long walk. */
function* cond_resched_rwlock_write(kvm: Kvm): Task<void> {
  if (!kvm.kernel.scheduling.preemptible) return;
  kvm.mmu_lock.writeUnlock();
  yield* kvm.mmu_lock.writeLock();
}

/** Unmaps the shared alias of `start` to `end` (bytes of the private half) with entries of `level` where it can. */
function* realm_unmap_shared_range(kvm: Kvm, level: number, start: number, end: number): Task<void> {
  const { kernel } = kvm;
  const { rd, ia_bits } = kvm.arch.realm;
  const alias = 2 ** (ia_bits - 1);
  const size = rme_rtt_level_mapsize(level);
  for (let addr = start; addr < end; ) {
    const blockEnd = (Math.floor(addr / size) + 1) * size;
    if (!isAligned(addr, size) || blockEnd > end) {
      const stop = Math.min(blockEnd, end);
      yield* realm_unmap_shared_range(kvm, level + 1, addr, stop);
      addr = stop;
      continue;
    }
    if (kernel.scheduling.preemptible) yield rmiPoint("RMI_RTT_UNMAP_UNPROTECTED");
    const result = rmi_rtt_unmap_unprotected(kernel, rd, addr + alias, level);
    let next = kernel.rmm.out.x1 - alias;
    if (statusOf(result) === RMI_ERROR_RTT && next <= addr) {
      // Something is mapped here, with smaller entries.
      next = blockEnd;
      yield* realm_unmap_shared_range(kvm, level + 1, addr, next);
    } else if (result !== RMI_SUCCESS && statusOf(result) !== RMI_ERROR_RTT) {
      kernel.log.warn("realm_unmap_shared_range: the firmware refused RMI_RTT_UNMAP_UNPROTECTED");
      return;
    }
    addr = next;
    yield* cond_resched_rwlock_write(kvm);
  }
  realm_fold_rtt_level(kvm, get_start_level(kvm.arch.realm) + 1, start + alias, end + alias);
}

/** Unmaps `start` to `end` (bytes) of the private half, page by page; a block is split first. */
export function* realm_unmap_private_range(kvm: Kvm, start: number, end: number): Task<void> {
  const { kernel } = kvm;
  const { rd } = kvm.arch.realm;
  for (let ipa = start; ipa < end; ) {
    if (kernel.scheduling.preemptible) yield rmiPoint("RMI_DATA_DESTROY");
    const result = rmi_data_destroy(kernel, rd, ipa);
    const { x1: data, x2: top } = kernel.rmm.out;

    if (statusOf(result) === RMI_ERROR_RTT) {
      if (top > ipa) {
        ipa = top;
        continue;
      }
      if (indexOf(result) !== RMM_RTT_BLOCK_LEVEL) {
        kernel.log.warn("realm_unmap_private_range: an entry that can be neither skipped nor split");
        return;
      }
      const split = yield* realm_create_rtt_levels(
        kvm,
        ipa,
        RMM_RTT_BLOCK_LEVEL,
        RMM_RTT_MAX_LEVEL,
        undefined,
      );
      if (split !== 0) {
        kernel.log.warn("realm_unmap_private_range: a block could not be split");
        return;
      }
      continue;
    }
    if (result !== RMI_SUCCESS) {
      kernel.log.warn("realm_unmap_private_range: the firmware refused RMI_DATA_DESTROY");
      return;
    }
    if (kernel.scheduling.preemptible) yield rmiPoint("RMI_GRANULE_UNDELEGATE");
    if (rmi_granule_undelegate(kernel, data) === RMI_SUCCESS) kernel.pages.put_page(paToPfn(data as Pa));
    else kernel.log.warn("realm_unmap_private_range: RMI_GRANULE_UNDELEGATE was refused, the page is leaked");
    ipa += PAGE_SIZE;
    yield* cond_resched_rwlock_write(kvm);
  }
  realm_fold_rtt_level(kvm, get_start_level(kvm.arch.realm) + 1, start, end);
}
