// SPDX-License-Identifier: MIT
import { EFAULT, ENOMEM } from "../../base/errno.ts";
import { touches } from "../../base/footprint.ts";
import type { Task } from "../../base/task.ts";
import { kvm_arch_flush_shadow_memslot } from "./arm64/unmap.ts";
import { kvm_gmem_unbind } from "./gmem-bind.ts";
import type { Kvm } from "./kvm.ts";
import { KVM_MEMSLOT_INVALID, type kvm_memory_slot, MEMSLOT } from "./memslots.ts";
import { KVM_MEM_GUEST_MEMFD } from "./uapi.ts";

/** What a request does to a slot. @kernel include/linux/kvm_host.h enum kvm_mr_change */
export type kvm_mr_change = "KVM_MR_CREATE" | "KVM_MR_DELETE" | "KVM_MR_MOVE" | "KVM_MR_FLAGS_ONLY";

type Slot = kvm_memory_slot | undefined;

/** Replaces a slot in the set that is not published. */
function kvm_replace_memslot(kvm: Kvm, old: Slot, fresh: Slot): void {
  const set = kvm.inactive_memslots;
  const wasLastUsed = old !== undefined && set.last_used_slot === old;
  if (old !== undefined) set.erase(old);
  if (fresh !== undefined) set.insert(fresh);
  if (wasLastUsed) set.last_used_slot = fresh;
}

/**
 * Publishes the other set and waits until no reader uses the old one. Called with `slots_arch_lock`, which is
 * let go before the wait: a reader may need it.
 */
function* kvm_swap_active_memslots(kvm: Kvm): Task<void> {
  while (kvm.mn_active_invalidate_count > 0) {
    yield {
      kind: "wait",
      object: "mn_active_invalidate_count",
      until: () => kvm.mn_active_invalidate_count === 0,
    };
  }
  if (kvm.kernel.scheduling.preemptible) yield { kind: "write", object: "kvm->memslots" };
  kvm.memslots = kvm.inactive_memslots;
  kvm.slots_arch_lock.unlock();
  yield* kvm.srcu.synchronize_srcu_expedited();
}

/** Publishes the changed set, then makes the same change in the other one. */
function* kvm_activate_memslot(kvm: Kvm, old: Slot, fresh: Slot): Task<void> {
  yield* kvm_swap_active_memslots(kvm);
  kvm_replace_memslot(kvm, old, fresh);
}

/** A copy for readers to find while the slot goes. What it does not copy is the guest_memfd. */
function kvm_copy_memslot(from: kvm_memory_slot): kvm_memory_slot {
  return { ...from, flags: from.flags | KVM_MEMSLOT_INVALID, gmem: { file: undefined, pgoff: 0 } };
}

/** @kernel arch/arm64/kvm/mmu.c */
function kvm_arch_prepare_memory_region(kvm: Kvm, fresh: Slot): number {
  if (fresh === undefined) return 0;
  // The full IPA size counts here, so a slot in the shared half of a realm is accepted.
  return fresh.base_gfn + fresh.npages > 2 ** (kvm.arch.mmu.ipa_bits - 12) ? -EFAULT : 0;
}

/** Frees a slot that is in no set any more. */
export function* kvm_free_memslot(slot: kvm_memory_slot): Task<void> {
  if ((slot.flags & KVM_MEM_GUEST_MEMFD) !== 0) yield* kvm_gmem_unbind(slot);
  if (touches.on) touches.write(MEMSLOT, slot.id);
  slot.freed = true;
}

/**
 * Carries out a change that was found to be allowed. The caller holds `slots_lock`. To delete or move, an INVALID
 * copy is published first, and the slot's stage 2 emptied before the slot goes.
 *
 * Returns 0, -ENOMEM, or what the architecture answers: -EFAULT for a slot above the IPA size.
 *
 * @kernel virt/kvm/kvm_main.c
 */
export function* kvm_set_memslot(kvm: Kvm, old: Slot, fresh: Slot, change: kvm_mr_change): Task<number> {
  yield* kvm.slots_arch_lock.lock();
  let invalid: Slot;
  if (old !== undefined && (change === "KVM_MR_DELETE" || change === "KVM_MR_MOVE")) {
    if (kvm.kernel.faults.hit("alloc")) {
      kvm.slots_arch_lock.unlock();
      return -ENOMEM;
    }
    invalid = kvm_copy_memslot(old);
    kvm_replace_memslot(kvm, old, invalid);
    yield* kvm_swap_active_memslots(kvm);
    yield* kvm_arch_flush_shadow_memslot(kvm, old);
    yield* kvm.slots_arch_lock.lock();
  }

  const prepared = kvm_arch_prepare_memory_region(kvm, fresh);
  if (prepared !== 0) {
    if (invalid === undefined) kvm.slots_arch_lock.unlock();
    else yield* kvm_activate_memslot(kvm, invalid, old);
    return prepared;
  }

  kvm_replace_memslot(kvm, old, fresh);
  yield* kvm_activate_memslot(kvm, invalid ?? old, fresh);
  kvm.nr_memslot_pages += (fresh?.npages ?? 0) - (old?.npages ?? 0);

  if (old === undefined) return 0;
  // A move or a change of flags gives the old structure back without untying it from its guest_memfd: the bug
  // that was fixed by 9935df5333aa in December 2025.
  if (change === "KVM_MR_DELETE") yield* kvm_free_memslot(old);
  else {
    if (touches.on) touches.write(MEMSLOT, old.id);
    old.freed = true;
  }
  return 0;
}
