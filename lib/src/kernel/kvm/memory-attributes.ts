// SPDX-License-Identifier: MIT
import { PAGE_SHIFT, PAGE_SIZE } from "../../base/address.ts";
import { EINVAL, ENOMEM } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { kvm_arch_post_set_memory_attributes } from "./arm64/unmap.ts";
import { kvmExtensions } from "./extension-points.ts";
import {
  kvm_mmu_invalidate_begin,
  kvm_mmu_invalidate_end,
  kvm_mmu_invalidate_range_add,
} from "./invalidate.ts";
import { type Kvm, kvm_arch_has_private_mem } from "./kvm.ts";
import type { kvm_memory_slot } from "./memslots.ts";
import { KVM_MEMORY_ATTRIBUTE_PRIVATE, type kvm_memory_attributes } from "./uapi.ts";

/** True when the attribute of a guest frame says private; without an entry it is shared. @kernel include/linux/kvm_host.h */
export function kvm_mem_is_private(kvm: Kvm, gfn: number): boolean {
  return ((kvm.mem_attr_array.find(gfn)?.value ?? 0) & KVM_MEMORY_ATTRIBUTE_PRIVATE) !== 0;
}

function kvm_supported_mem_attributes(kvm: Kvm): bigint {
  return kvm_arch_has_private_mem(kvm) ? BigInt(KVM_MEMORY_ATTRIBUTE_PRIVATE) : 0n;
}

/**
 * Sets the attributes of a range of guest memory (bytes).
 *
 * Returns 0; -EINVAL for flags, unknown attributes, an empty, wrapping or unaligned range; -ENOMEM.
 *
 * @kernel virt/kvm/kvm_main.c
 */
export function* kvm_vm_ioctl_set_mem_attributes(
  kvm: Kvm,
  request: ReturnType<typeof kvm_memory_attributes.decode>,
): Task<number> {
  const { address, size, attributes, flags } = request;
  const page = BigInt(PAGE_SIZE);
  if (flags !== 0n) return -EINVAL;
  if ((attributes & ~kvm_supported_mem_attributes(kvm)) !== 0n) return -EINVAL;
  if (size === 0n || address + size >= 2n ** 64n) return -EINVAL;
  if (address % page !== 0n || size % page !== 0n) return -EINVAL;
  const start = Number(address >> BigInt(PAGE_SHIFT));
  const end = Number((address + size) >> BigInt(PAGE_SHIFT));
  return yield* kvm_vm_set_mem_attributes(kvm, start, end, Number(attributes));
}

/**
 * Guest frames `start <= gfn < end` get a value. Slots are told before and after; memory needs no slot.
 *
 * @kernel virt/kvm/kvm_main.c
 */
export function* kvm_vm_set_mem_attributes(
  kvm: Kvm,
  start: number,
  end: number,
  attributes: number,
): Task<number> {
  const value = attributes === 0 ? undefined : attributes;
  yield* kvm.slots_lock.lock();
  if (kvm.mem_attr_array.isUniform(start, end, value)) {
    kvm.slots_lock.unlock();
    return 0;
  }
  if (kvm.kernel.faults.hit("alloc")) {
    kvm.slots_lock.unlock();
    return -ENOMEM;
  }
  const slots = kvm.memslots.inRange(start, end);

  if (slots.length > 0) {
    yield* kvm.mmu_lock.writeLock();
    kvm_mmu_invalidate_begin(kvm);
    for (const slot of slots) kvm_mmu_invalidate_range_add(kvm, ...clip(slot, start, end));
    kvm.mmu_lock.writeUnlock();
  }
  // Faults that run in between see the sequence count; TSM_MAP does not look at it.
  if (kvm.kernel.scheduling.preemptible) yield { kind: "write", object: "kvm->mem_attr_array" };
  kvm.mem_attr_array.store(start, end, value);
  if (kvm.kernel.trace.on) {
    kvm.kernel.trace.emit({ kind: "state", name: "kvm->mem_attr_array", detail: { start, end, attributes } });
  }
  if (slots.length > 0) {
    yield* kvm.mmu_lock.writeLock();
    for (const slot of slots) {
      const [from, to] = clip(slot, start, end);
      yield* kvm_arch_post_set_memory_attributes(kvm, from, to, attributes);
    }
    kvm_mmu_invalidate_end(kvm);
    kvm.mmu_lock.writeUnlock();
  }
  const { attributesSet } = kvmExtensions(kvm.kernel);
  const result = attributesSet === undefined ? 0 : yield* attributesSet(kvm, start, end, attributes);
  kvm.slots_lock.unlock();
  return result;
}

function clip(slot: kvm_memory_slot, start: number, end: number): [number, number] {
  return [Math.max(start, slot.base_gfn), Math.min(end, slot.base_gfn + slot.npages)];
}
