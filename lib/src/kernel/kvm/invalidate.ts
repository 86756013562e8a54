// SPDX-License-Identifier: MIT
import type { Task } from "../../base/task.ts";
import type { Kvm } from "./kvm.ts";

/**
 * The protocol by which a fault learns that the memory it looked up has been taken away meanwhile. It samples
 * `mmu_invalidate_seq`, looks up the page, takes `mmu_lock`, and asks `mmu_invalidate_retry_gfn`. All of these
 * are called with `mmu_lock` held for writing.
 *
 * @kernel virt/kvm/kvm_main.c
 */
export function kvm_mmu_invalidate_begin(kvm: Kvm): void {
  kvm.mmu_invalidate_in_progress++;
  if (kvm.mmu_invalidate_in_progress === 1) {
    kvm.mmu_invalidate_range_start = Number.POSITIVE_INFINITY;
    kvm.mmu_invalidate_range_end = Number.POSITIVE_INFINITY;
  }
}

/** Widens the range under invalidation, in guest frames, end exclusive. */
export function kvm_mmu_invalidate_range_add(kvm: Kvm, start: number, end: number): void {
  if (kvm.mmu_invalidate_range_start === Number.POSITIVE_INFINITY) {
    kvm.mmu_invalidate_range_start = start;
    kvm.mmu_invalidate_range_end = end;
    return;
  }
  kvm.mmu_invalidate_range_start = Math.min(kvm.mmu_invalidate_range_start, start);
  kvm.mmu_invalidate_range_end = Math.max(kvm.mmu_invalidate_range_end, end);
}

export function kvm_mmu_invalidate_end(kvm: Kvm): void {
  kvm.mmu_invalidate_seq++;
  kvm.mmu_invalidate_in_progress--;
}

/** True when a fault that sampled `sequence` must not map `gfn`. */
export function mmu_invalidate_retry_gfn(kvm: Kvm, sequence: number, gfn: number): boolean {
  if (
    kvm.mmu_invalidate_in_progress > 0 &&
    gfn >= kvm.mmu_invalidate_range_start &&
    gfn < kvm.mmu_invalidate_range_end
  ) {
    return true;
  }
  return kvm.mmu_invalidate_seq !== sequence;
}

/**
 * Waits, without `mmu_lock`, until no invalidation is under way.
 *
 * Simplified: the kernel's callers try again in a loop with cond_resched(). Nothing in such a loop can change but the
 * count that is waited for here.
 */
export function* kvm_mmu_invalidate_wait(kvm: Kvm): Task<void> {
  while (kvm.mmu_invalidate_in_progress > 0) {
    const until = (): boolean => kvm.mmu_invalidate_in_progress === 0;
    yield { kind: "wait", object: "kvm->mmu_invalidate_in_progress", until };
  }
}
