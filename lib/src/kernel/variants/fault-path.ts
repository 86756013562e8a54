// SPDX-License-Identifier: MIT
import { alignDown, gpaToGfn, PAGE_SIZE } from "../../base/address.ts";
import { EEXIST, EFAULT, EINVAL } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "../kvm/arm64/realm-map.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../kvm/gmem-get-pfn.ts";
import { kvm_mmu_invalidate_wait, mmu_invalidate_retry_gfn } from "../kvm/invalidate.ts";
import { kvm_mmu_cache_min_pages } from "../kvm/kvm.ts";
import { kvm_mem_is_private } from "../kvm/memory-attributes.ts";
import type { kvm_memory_slot } from "../kvm/memslots.ts";
import { KVM_EXIT_MEMORY_FAULT, KVM_MEMORY_EXIT_FLAG_PRIVATE } from "../kvm/uapi.ts";
import type { Vcpu } from "../kvm/vcpu.ts";
import { kvm_mmu_topup_memory_cache } from "../mm/memory-cache.ts";
import { NO_PAGE } from "../mm/pages.ts";

/**
 * The fault path of the base with the same repairs as the patch's function, since it has the same faults: it samples
 * the sequence count, holds the fault lock, and gives a reference too many back. Returns 1 to let the guest go on, also
 * when the page was taken away meanwhile: the guest then faults once more.
 *
 * @kernel arch/arm64/kvm/mmu.c private_memslot_fault (a repair of CCA host series v9; v12 went the same way)
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
  if (kernel.scheduling.preemptible) yield { kind: "read", object: "kvm->mmu_invalidate_seq" };
  const sequence = kvm.mmu_invalidate_seq;
  if (kernel.scheduling.preemptible) yield { kind: "read", object: "kvm->mem_attr_array" };
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

  yield* kvm.mmu_lock.readLock();
  if (mmu_invalidate_retry_gfn(kvm, sequence, gfn)) {
    kvm.mmu_lock.readUnlock();
    kernel.pages.put_page(found.page);
    yield* kvm_mmu_invalidate_wait(kvm);
    return 1;
  }
  const mapped = yield* realm_map_ipa(
    kvm,
    fault_ipa,
    found.pfn,
    PAGE_SIZE,
    KVM_PGTABLE_PROT_W,
    cache,
    -EEXIST,
  );
  kvm.mmu_lock.readUnlock();
  if (mapped !== 0) kernel.pages.put_page(found.page);
  return mapped === 0 || mapped === -EEXIST ? 1 : mapped;
}
