// SPDX-License-Identifier: MIT
import { gpaToGfn, PAGE_SIZE } from "../../base/address.ts";
import { EEXIST, EINVAL } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "../kvm/arm64/realm-map.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../kvm/gmem-get-pfn.ts";
import { type Kvm, kvm_mmu_cache_min_pages } from "../kvm/kvm.ts";
import { gfn_to_memslot, kvm_slot_can_be_private } from "../kvm/memslots.ts";
import { kvm_mmu_free_memory_cache, kvm_mmu_topup_memory_cache, newMemoryCache } from "../mm/memory-cache.ts";
import { NO_PAGE } from "../mm/pages.ts";

/**
 * The posted function with its books in order. A page that somebody else has mapped already has its reference: the one
 * taken here goes back. And a range that ends early says how far it came: a number above 0 is the pages that are done,
 * as a short write(2) tells its bytes; the error comes back from the next call.
 *
 * The pages that are done stay. To unmap them again would not undo anything: it leaves them DESTROYED to the realm, and
 * takes away what a vCPU may have mapped.
 *
 * @kernel arch/arm64/kvm/mmu.c (a repair of RFC v1)
 */
export function* kvm_map_private_memory(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {
  const { kernel } = kvm;
  const { pages, scheduling, trace } = kernel;
  const cache = newMemoryCache();
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const { mmu } = kvm.arch;
  let addr = start_gpa;
  let ret = 0;

  if (trace.on) trace.call("kvm_map_private_memory", { start_gpa, end_gpa });
  const idx = kvm.srcu.srcu_read_lock();
  for (; addr < end_gpa; addr += PAGE_SIZE) {
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
    ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache, -EEXIST);
    if (ret !== 0) pages.put_page(found.page);
    if (ret === -EEXIST) ret = 0;
    if (ret !== 0) break;
  }
  kvm_mmu_free_memory_cache(pages, cache);
  kvm.srcu.srcu_read_unlock(idx);
  return ret !== 0 && addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;
}
