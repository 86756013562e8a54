// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import type { Task } from "../../base/task.ts";
import { kvm_unmap_gfn_range } from "./arm64/unmap.ts";
import {
  kvm_mmu_invalidate_begin,
  kvm_mmu_invalidate_end,
  kvm_mmu_invalidate_range_add,
} from "./invalidate.ts";
import type { Kvm } from "./kvm.ts";

/**
 * What a VM does when user space is about to lose a range of its addresses (bytes): the pages leave stage 2
 * first, and faults that looked one up before will notice.
 *
 * @kernel virt/kvm/kvm_main.c kvm_mmu_notifier_invalidate_range_start and _end
 */
export function mmuNotifierOf(kvm: Kvm): (start: number, end: number) => Task<void> {
  return function* (start, end) {
    const hit = kvm.memslots.gfn_tree.filter(
      (slot) => slot.userspace_addr < end && start < slot.userspace_addr + slot.npages * PAGE_SIZE,
    );
    if (hit.length === 0) return;
    kvm.mn_active_invalidate_count++;
    yield* kvm.mmu_lock.writeLock();
    kvm_mmu_invalidate_begin(kvm);
    for (const slot of hit) {
      const from = Math.max(0, start - slot.userspace_addr) / PAGE_SIZE;
      const to = Math.min(slot.npages, (end - slot.userspace_addr) / PAGE_SIZE);
      kvm_mmu_invalidate_range_add(kvm, slot.base_gfn + from, slot.base_gfn + to);
      yield* kvm_unmap_gfn_range(kvm, slot.base_gfn + from, slot.base_gfn + to);
    }
    kvm_mmu_invalidate_end(kvm);
    kvm.mmu_lock.writeUnlock();
    kvm.mn_active_invalidate_count--;
  };
}
