// SPDX-License-Identifier: MIT
import { gpaToGfn, isAligned, PAGE_SIZE } from "../../base/address.ts";
import { EAGAIN, EEXIST, EINVAL } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "../kvm/arm64/realm-map.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../kvm/gmem-get-pfn.ts";
import { kvm_mmu_invalidate_wait, mmu_invalidate_retry_gfn } from "../kvm/invalidate.ts";
import { type Kvm, kvm_mmu_cache_min_pages } from "../kvm/kvm.ts";
import { kvm_mem_is_private } from "../kvm/memory-attributes.ts";
import { gfn_to_memslot, kvm_slot_can_be_private } from "../kvm/memslots.ts";
import {
  kvm_mmu_free_memory_cache,
  type kvm_mmu_memory_cache,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "../mm/memory-cache.ts";
import { NO_PAGE } from "../mm/pages.ts";

/**
 * The posted function with every repair: the range is checked; each page is looked up and mapped as a fault would, in
 * an SRCU section of its own, so that whoever changes the slots waits for one page and not for the range; a reference
 * too many goes back; and a range that ends early says how many pages are done.
 *
 * @kernel arch/arm64/kvm/mmu.c (a repair of RFC v1)
 */
export function* kvm_map_private_memory(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {
  const { kernel } = kvm;
  const { pages, trace } = kernel;
  const cache = newMemoryCache();
  const { mmu, realm } = kvm.arch;
  let addr = start_gpa;
  let ret = 0;

  if (trace.on) trace.call("kvm_map_private_memory", { start_gpa, end_gpa });
  if (!isAligned(start_gpa, PAGE_SIZE) || !isAligned(end_gpa, PAGE_SIZE)) return -EINVAL;
  if (start_gpa >= end_gpa) return -EINVAL;
  // A realm that does not exist has no halves. An end that is in range also means that nothing wrapped.
  if (realm.ia_bits === 0 || end_gpa > 2 ** (realm.ia_bits - 1)) return -EINVAL;

  while (addr < end_gpa) {
    if (trace.on) trace.call("kvm_mmu_topup_memory_cache", { cached: cache.objects.length });
    ret = kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(mmu));
    if (ret !== 0) break;

    const idx = kvm.srcu.srcu_read_lock();
    ret = yield* map_private_page(kvm, addr, cache);
    kvm.srcu.srcu_read_unlock(idx);
    if (ret === -EAGAIN) {
      yield* kvm_mmu_invalidate_wait(kvm);
      continue;
    }
    if (ret !== 0) break;
    addr += PAGE_SIZE;
  }
  kvm_mmu_free_memory_cache(pages, cache);
  return ret !== 0 && addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;
}

/** Maps one page. Returns 0, -EAGAIN when it was taken away meanwhile, or why it cannot be mapped. */
function* map_private_page(kvm: Kvm, addr: number, cache: kvm_mmu_memory_cache): Task<number> {
  const { pages, scheduling, trace } = kvm.kernel;
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const gfn = gpaToGfn(addr);

  if (scheduling.preemptible) yield { kind: "read", object: "kvm->mmu_invalidate_seq" };
  const sequence = kvm.mmu_invalidate_seq;
  if (scheduling.preemptible) yield { kind: "read", object: "kvm->memslots" };
  if (trace.on) trace.call("gfn_to_memslot", { gfn });
  const memslot = gfn_to_memslot(kvm, gfn);
  if (!kvm_slot_can_be_private(memslot)) return -EINVAL;
  if (scheduling.preemptible) yield { kind: "read", object: "kvm->mem_attr_array" };
  if (!kvm_mem_is_private(kvm, gfn)) return -EINVAL;
  let ret = yield* kvm_gmem_get_pfn(kvm, memslot, gfn, found);
  if (ret !== 0) return ret;

  yield* kvm.mmu_lock.readLock();
  if (mmu_invalidate_retry_gfn(kvm, sequence, gfn)) ret = -EAGAIN;
  else ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache, -EEXIST);
  kvm.mmu_lock.readUnlock();
  if (ret !== 0) pages.put_page(found.page);
  return ret === -EEXIST ? 0 : ret;
}
