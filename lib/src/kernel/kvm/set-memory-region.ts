// SPDX-License-Identifier: MIT

import type { Gfn } from "../../base/address.ts";
import { PAGE_SHIFT, PAGE_SIZE } from "../../base/address.ts";
import { EEXIST, EINVAL, ENOMEM } from "../../base/errno.ts";
import { done, type Task } from "../../base/task.ts";
import type { task_struct } from "../fs/file.ts";
import { TASK_SIZE } from "../mm/user-memory.ts";
import { kvmExtensions } from "./extension-points.ts";
import { kvm_gmem_bind, kvm_gmem_unbind } from "./gmem-bind.ts";
import { type Kvm, kvm_arch_has_private_mem } from "./kvm.ts";
import { KVM_MEM_MAX_NR_PAGES, KVM_USER_MEM_SLOTS, type kvm_memory_slot } from "./memslots.ts";
import { type kvm_mr_change, kvm_set_memslot } from "./set-memslot.ts";
import {
  KVM_MEM_GUEST_MEMFD,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  type kvm_userspace_memory_region2,
} from "./uapi.ts";

/** A decoded request; addresses and sizes are bytes. */
export type MemoryRegion = ReturnType<typeof kvm_userspace_memory_region2.decode>;

const U64 = 2n ** 64n;
const PAGE = BigInt(PAGE_SIZE);

function check_memory_region_flags(kvm: Kvm, flags: number): number {
  let valid = KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY;
  // Private memory is written by the guest alone: it can be neither logged nor made read-only.
  if (kvm_arch_has_private_mem(kvm)) valid |= KVM_MEM_GUEST_MEMFD;
  if ((flags & KVM_MEM_GUEST_MEMFD) !== 0) valid &= ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY);
  return (flags & ~valid) !== 0 ? -EINVAL : 0;
}

/** The checks that need nothing but the request, in the kernel's order; each answers -EINVAL. */
function checkRequest(kvm: Kvm, mem: MemoryRegion): number {
  const { memory_size, guest_phys_addr, userspace_addr, guest_memfd_offset } = mem;
  if (check_memory_region_flags(kvm, mem.flags) !== 0) return -EINVAL;
  if (memory_size % PAGE !== 0n || guest_phys_addr % PAGE !== 0n) return -EINVAL;
  if (userspace_addr % PAGE !== 0n || userspace_addr + memory_size > BigInt(TASK_SIZE)) return -EINVAL;
  if ((mem.flags & KVM_MEM_GUEST_MEMFD) !== 0) {
    if (guest_memfd_offset % PAGE !== 0n || guest_memfd_offset + memory_size >= U64) return -EINVAL;
  }
  if (mem.slot >>> 16 !== 0 || (mem.slot & 0xffff) >= KVM_USER_MEM_SLOTS) return -EINVAL;
  if (guest_phys_addr + memory_size >= U64) return -EINVAL;
  if (memory_size >> BigInt(PAGE_SHIFT) > BigInt(KVM_MEM_MAX_NR_PAGES)) return -EINVAL;
  return 0;
}

/** What the request means for a slot that exists: a change, 0 for none at all, or -EINVAL. */
function changeOf(
  old: kvm_memory_slot,
  mem: MemoryRegion,
  base_gfn: Gfn,
  npages: number,
  isRepaired: boolean,
): kvm_mr_change | number {
  if ((mem.flags & KVM_MEM_GUEST_MEMFD) !== 0) return -EINVAL;
  // A request may leave GUEST_MEMFD out although the slot has it; only 9935df5333aa (December 2025) refuses that.
  const immutable = KVM_MEM_READONLY | (isRepaired ? KVM_MEM_GUEST_MEMFD : 0);
  const toggled = (mem.flags ^ old.flags) & immutable;
  if (Number(mem.userspace_addr) !== old.userspace_addr || npages !== old.npages || toggled !== 0)
    return -EINVAL;
  if (base_gfn !== old.base_gfn) return "KVM_MR_MOVE";
  return mem.flags !== old.flags ? "KVM_MR_FLAGS_ONLY" : 0;
}

/**
 * Creates, moves, deletes or changes a memory slot. The caller holds `slots_lock`.
 *
 * Returns 0; -EINVAL for a request that is wrong in itself or would change what cannot be changed; -EEXIST when
 * the guest addresses overlap another slot; -ENOMEM; -EBADF for the guest_memfd; -EFAULT above the IPA size.
 *
 * @kernel virt/kvm/kvm_main.c
 */
export function* kvm_set_memory_region(kvm: Kvm, mem: MemoryRegion, current: task_struct): Task<number> {
  const bad = checkRequest(kvm, mem);
  if (bad !== 0) return bad;

  const id = mem.slot & 0xffff;
  const set = kvm.memslots;
  const old = set.id_hash.get(id);
  if (mem.memory_size === 0n) {
    return old === undefined ? -EINVAL : yield* kvm_set_memslot(kvm, old, undefined, "KVM_MR_DELETE");
  }

  const base_gfn = Number(mem.guest_phys_addr >> BigInt(PAGE_SHIFT)) as Gfn;
  const npages = Number(mem.memory_size >> BigInt(PAGE_SHIFT));
  const isRepaired = kvm.kernel.config.KVM_RELEASE === "2026";
  const change = old === undefined ? "KVM_MR_CREATE" : changeOf(old, mem, base_gfn, npages, isRepaired);
  if (typeof change === "number") return change;
  if (change === "KVM_MR_CREATE" || change === "KVM_MR_MOVE") {
    if (set.inRange(base_gfn, base_gfn + npages).some((slot) => slot.id !== id)) return -EEXIST;
  }

  if (kvm.kernel.faults.hit("alloc")) return -ENOMEM;
  const fresh: kvm_memory_slot = {
    base_gfn,
    npages,
    userspace_addr: Number(mem.userspace_addr),
    flags: mem.flags,
    id,
    as_id: 0,
    gmem: { file: undefined, pgoff: 0 },
    freed: false,
  };
  if ((mem.flags & KVM_MEM_GUEST_MEMFD) !== 0) {
    const bound = yield* kvm_gmem_bind(kvm, fresh, mem.guest_memfd | 0, mem.guest_memfd_offset, current);
    if (bound !== 0) return bound;
    const taken = yield* kvmExtensions(kvm.kernel).slotBound?.(kvm, fresh) ?? done(0);
    if (taken !== 0) {
      yield* kvm_gmem_unbind(fresh);
      return taken;
    }
  }
  const result = yield* kvm_set_memslot(kvm, old, fresh, change);
  if (result !== 0 && (mem.flags & KVM_MEM_GUEST_MEMFD) !== 0) yield* kvm_gmem_unbind(fresh);
  if (result !== 0 || (mem.flags & KVM_MEM_GUEST_MEMFD) === 0) return result;
  return yield* kvmExtensions(kvm.kernel).slotPublished?.(kvm, fresh) ?? done(0);
}
