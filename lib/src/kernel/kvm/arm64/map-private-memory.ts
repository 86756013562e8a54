// SPDX-License-Identifier: MIT
import { gpaToGfn, PAGE_SIZE } from "../../../base/address.ts";
import { EINVAL } from "../../../base/errno.ts";
import type { Task } from "../../../base/task.ts";
import {
  kvm_mmu_free_memory_cache,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "../../mm/memory-cache.ts";
import { NO_PAGE } from "../../mm/pages.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../gmem-get-pfn.ts";
import { type Kvm, kvm_mmu_cache_min_pages } from "../kvm.ts";
import { gfn_to_memslot, kvm_slot_can_be_private } from "../memslots.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "./realm-map.ts";

/**
 * Maps every page of a range of guest physical addresses (bytes, end exclusive) into the realm, as the patch was
 * posted. Returns 0, -ENOMEM, -EINVAL when a page lies in no slot with a guest_memfd, or what looking up or
 * mapping the page returned. Pages mapped before an error stay mapped.
 *
 * A page that was mapped keeps the reference that the look-up took: the mapping owns it from then on.
 *
 * @kernel arch/arm64/kvm/mmu.c (RFC v1, patch 10 of 38)
 */
export function* kvm_map_private_memory(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {
  const { kernel } = kvm;
  const { pages, scheduling, trace } = kernel;
  const cache = newMemoryCache();
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const { mmu } = kvm.arch;
  let ret = 0;

  if (trace.on) trace.call("kvm_map_private_memory", { start_gpa, end_gpa });
  const idx = kvm.srcu.srcu_read_lock();
  for (let addr = start_gpa; addr < end_gpa; addr += PAGE_SIZE) {
    if (trace.on) trace.call("kvm_mmu_topup_memory_cache", { cached: cache.objects.length });
    ret = kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(mmu));
    if (ret !== 0) break;

    const gfn = gpaToGfn(addr);

    if (scheduling.preemptible) yield { kind: "read", object: "kvm->memslots" };
    if (trace.on) trace.call("gfn_to_memslot", { gfn });
    const memslot = gfn_to_memslot(kvm, gfn);
    if (!kvm_slot_can_be_private(memslot)) {
      ret = -EINVAL;
      break;
    }
    // The patch asks here: should kvm_mem_is_private() be checked? It is not.
    ret = yield* kvm_gmem_get_pfn(kvm, memslot, gfn, found);
    if (ret !== 0) break;

    // And here: should kvm_fault_lock() be held? It is not.
    ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache);
    if (ret !== 0) {
      pages.put_page(found.page);
      break;
    }
  }
  kvm_mmu_free_memory_cache(pages, cache);
  kvm.srcu.srcu_read_unlock(idx);
  return ret;
}
