// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../../base/address.ts";
import type { Task } from "../../../base/task.ts";
import { type Kvm, kvm_is_realm } from "../kvm.ts";
import type { kvm_memory_slot } from "../memslots.ts";
import { KVM_MEMORY_ATTRIBUTE_PRIVATE } from "../uapi.ts";
import { kvm_realm_unmap_range } from "./realm-unmap.ts";

/**
 * Takes guest frames `start <= gfn < end` out of stage 2, private and shared alike. The caller holds `mmu_lock`
 * for writing.
 *
 * A virtual machine that is no realm has nothing mapped in this model, because none can run.
 *
 * @kernel arch/arm64/kvm/mmu.c
 */
export function* kvm_unmap_gfn_range(kvm: Kvm, start: number, end: number): Task<void> {
  if (!kvm_is_realm(kvm)) return;
  yield* kvm_realm_unmap_range(kvm, start * PAGE_SIZE, (end - start) * PAGE_SIZE, true);
}

/** Empties stage 2 of a slot that is being deleted or moved. @kernel arch/arm64/kvm/mmu.c */
export function* kvm_arch_flush_shadow_memslot(kvm: Kvm, slot: kvm_memory_slot): Task<void> {
  yield* kvm.mmu_lock.writeLock();
  yield* kvm_unmap_gfn_range(kvm, slot.base_gfn, slot.base_gfn + slot.npages);
  kvm.mmu_lock.writeUnlock();
}

/**
 * After attributes changed: memory that became private loses its shared alias; memory that became shared loses
 * both halves. The caller holds `mmu_lock` for writing.
 *
 * @kernel arch/arm64/kvm/mmu.c
 */
export function* kvm_arch_post_set_memory_attributes(
  kvm: Kvm,
  start: number,
  end: number,
  attributes: number,
): Task<void> {
  if (!kvm_is_realm(kvm)) return;
  const toShared = (attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE) === 0;
  yield* kvm_realm_unmap_range(kvm, start * PAGE_SIZE, (end - start) * PAGE_SIZE, toShared);
}
