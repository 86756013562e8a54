// SPDX-License-Identifier: MIT
import { alignDown, gpaToGfn, PAGE_SIZE } from "../../../base/address.ts";
import { EAGAIN, EFAULT, EINVAL, ENOSYS } from "../../../base/errno.ts";
import type { Task } from "../../../base/task.ts";
import type { Kernel } from "../../kernel.ts";
import { kvm_mmu_topup_memory_cache } from "../../mm/memory-cache.ts";
import { NO_PAGE } from "../../mm/pages.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../gmem-get-pfn.ts";
import { mmu_invalidate_retry_gfn } from "../invalidate.ts";
import { kvm_mmu_cache_min_pages } from "../kvm.ts";
import { kvm_mem_is_private } from "../memory-attributes.ts";
import { gfn_to_memslot, type kvm_memory_slot, kvm_slot_can_be_private } from "../memslots.ts";
import {
  KVM_EXIT_MEMORY_FAULT,
  KVM_EXIT_MMIO,
  KVM_MEM_READONLY,
  KVM_MEMORY_EXIT_FLAG_PRIVATE,
  kvm_run_mmio,
} from "../uapi.ts";
import type { Vcpu } from "../vcpu.ts";
import { KVM_PGTABLE_PROT_R, KVM_PGTABLE_PROT_W, realm_map_ipa } from "./realm-map.ts";

/** Handles a fault on a slot with a guest_memfd; see `private_memslot_fault`. */
export type PrivateMemslotFault = (vcpu: Vcpu, fault_ipa: number, memslot: kvm_memory_slot) => Task<number>;

const repaired = new WeakMap<Kernel, PrivateMemslotFault>();

/** Replaces the fault path for private memory, for a kernel that has it repaired. */
export function replacePrivateMemslotFault(kernel: Kernel, fault: PrivateMemslotFault): void {
  repaired.set(kernel, fault);
}

/** A stage 2 fault of a guest, as the exit reports it. */
export interface GuestAbort {
  /** Faulting address in bytes, in either half. */
  readonly ipa: number;
  readonly write: boolean;
  /** The value of a store; 0 for a load. */
  readonly value: bigint;
  /** The exit describes the access, so that user space can emulate it. */
  readonly hasSyndrome: boolean;
}

/**
 * Handles a stage 2 fault. Returns 1 to let the guest go on, 0 to leave to user space, or a negative errno.
 *
 * @kernel arch/arm64/kvm/mmu.c
 */
export function* kvm_handle_guest_abort(vcpu: Vcpu, abort: GuestAbort): Task<number> {
  const { kvm } = vcpu;
  const { ia_bits } = kvm.arch.realm;
  const gpa = abort.ipa % 2 ** (ia_bits - 1);
  const memslot = gfn_to_memslot(kvm, gpaToGfn(gpa));
  const readonlySlot = memslot !== undefined && (memslot.flags & KVM_MEM_READONLY) !== 0;
  if (memslot === undefined || (abort.write && readonlySlot)) return io_mem_abort(vcpu, gpa, abort);
  if (kvm_slot_can_be_private(memslot)) {
    const fault = repaired.get(kvm.kernel) ?? private_memslot_fault;
    const result = yield* fault(vcpu, abort.ipa, memslot);
    if (result !== -EINVAL) return result;
  }
  const result = yield* user_mem_abort(vcpu, abort.ipa, gpa, memslot);
  // Something changed meanwhile: the guest makes its access again, and comes back if need be.
  return result === -EAGAIN ? 1 : result;
}

/** The guest touched an address without memory: user space emulates a device there. @kernel arch/arm64/kvm/mmio.c */
function io_mem_abort(vcpu: Vcpu, gpa: number, abort: GuestAbort): number {
  if (!abort.hasSyndrome) return -ENOSYS;
  const page = vcpu.runBytes();
  kvm_run_mmio.set(page, "exit_reason", KVM_EXIT_MMIO);
  kvm_run_mmio.set(page, "phys_addr", gpa);
  kvm_run_mmio.set(page, "len", 8);
  kvm_run_mmio.set(page, "is_write", abort.write ? 1 : 0);
  new DataView(page.buffer).setBigUint64(40, abort.value, true);
  vcpu.pending = { kind: "mmio", write: abort.write };
  return 0;
}

/**
 * Handles a fault on a slot with a guest_memfd. The half that was touched must be what the attribute says;
 * otherwise user space is told, with -EFAULT. Returns -EINVAL for shared memory: not for this function. On success
 * (1) the mapping keeps the page reference.
 *
 * It samples no sequence count and takes no fault lock. The patch copies that, but not the look at the attribute.
 *
 * @kernel arch/arm64/kvm/mmu.c (CCA host series v7 to v9)
 */
export function* private_memslot_fault(
  vcpu: Vcpu,
  fault_ipa: number,
  memslot: kvm_memory_slot,
): Task<number> {
  const { kvm } = vcpu;
  const { kernel } = kvm;
  const gpa = fault_ipa % 2 ** (kvm.arch.realm.ia_bits - 1);
  const gfn = gpaToGfn(gpa);
  const is_priv_gfn = kvm_mem_is_private(kvm, gfn);
  const is_priv_fault = gpa === fault_ipa;
  if (is_priv_gfn !== is_priv_fault) {
    const flags = is_priv_fault ? KVM_MEMORY_EXIT_FLAG_PRIVATE : 0;
    vcpu.prepareMemoryFaultExit(KVM_EXIT_MEMORY_FAULT, alignDown(gpa, PAGE_SIZE), PAGE_SIZE, flags);
    return -EFAULT;
  }
  if (!is_priv_fault) return -EINVAL;

  const cache = vcpu.mmu_page_cache;
  const topped = kvm_mmu_topup_memory_cache(kernel.pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));
  if (topped !== 0) return topped;
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const looked = yield* kvm_gmem_get_pfn(kvm, memslot, gfn, found);
  if (looked !== 0) return looked;
  const mapped = yield* realm_map_ipa(kvm, fault_ipa, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache);
  if (mapped !== 0) {
    kernel.pages.put_page(found.page);
    return mapped;
  }
  return 1;
}

/**
 * The ordinary fault path, for shared memory: the page comes from the user mapping, and the sequence count and
 * the fault lock see to it that it is still there when it is mapped. No page reference is kept.
 *
 * A realm's memory is always mapped for writing, so it must be writable, also for a load. The private half is not
 * for this function: -EINVAL.
 *
 * @kernel arch/arm64/kvm/mmu.c
 */
export function* user_mem_abort(
  vcpu: Vcpu,
  fault_ipa: number,
  gpa: number,
  memslot: kvm_memory_slot,
): Task<number> {
  const { kvm } = vcpu;
  const { kernel } = kvm;
  const gfn = gpaToGfn(gpa);
  const topped = kvm_mmu_topup_memory_cache(
    kernel.pages,
    vcpu.mmu_page_cache,
    kvm_mmu_cache_min_pages(kvm.arch.mmu),
  );
  if (topped !== 0) return topped;
  const sequence = kvm.mmu_invalidate_seq;
  if (kernel.scheduling.preemptible) yield { kind: "read", object: "kvm->mmu_invalidate_seq" };

  const hva = memslot.userspace_addr + (gfn - memslot.base_gfn) * PAGE_SIZE;
  const readOnly = (memslot.flags & KVM_MEM_READONLY) !== 0;
  const pfn = readOnly ? NO_PAGE : kvm.mm.get_user_page(hva, true);
  if (pfn === NO_PAGE) return -EFAULT;
  if (fault_ipa === gpa) return -EINVAL;

  yield* kvm.mmu_lock.readLock();
  let result: number;
  if (mmu_invalidate_retry_gfn(kvm, sequence, gfn)) result = -EAGAIN;
  else {
    const prot = KVM_PGTABLE_PROT_R | KVM_PGTABLE_PROT_W;
    const mapped = yield* realm_map_ipa(
      kvm,
      alignDown(fault_ipa, PAGE_SIZE),
      pfn,
      PAGE_SIZE,
      prot,
      vcpu.mmu_page_cache,
    );
    result = mapped === 0 ? 1 : mapped;
  }
  kvm.mmu_lock.readUnlock();
  return result;
}
