// SPDX-License-Identifier: MIT
import type { Pfn } from "../../base/address.ts";
import { EIO, ENOMEM } from "../../base/errno.ts";
import type { KernelLog } from "../log.ts";
import { NO_PAGE, type Pages } from "./pages.ts";

/** Pages that a cache is filled up to. @kernel KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE in arch/arm64/include/asm/kvm_host.h */
export const KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE = 40;

/**
 * Pages set aside before a lock is taken, so that building a table under it cannot fail or sleep.
 *
 * @kernel include/linux/kvm_types.h struct kvm_mmu_memory_cache
 */
export interface kvm_mmu_memory_cache {
  readonly gfp_zero: boolean;
  /** Number of pages that `objects` was made for; 0 before the first top-up. */
  capacity: number;
  objects: Pfn[];
}

/** A cache that hands out zeroed pages, still empty. */
export function newMemoryCache(): kvm_mmu_memory_cache {
  return { gfp_zero: true, capacity: 0, objects: [] };
}

/**
 * Makes sure that at least `min` pages are in the cache: does nothing if they are, otherwise fills it to 40.
 * Returns -ENOMEM when fewer than `min` can be had; what was taken stays in the cache.
 *
 * @kernel virt/kvm/kvm_main.c
 */
export function kvm_mmu_topup_memory_cache(pages: Pages, mc: kvm_mmu_memory_cache, min: number): number {
  return mc.objects.length >= min ? 0 : fill(pages, mc, min);
}

function fill(pages: Pages, mc: kvm_mmu_memory_cache, min: number): number {
  if (mc.capacity === 0) {
    // The array of pointers comes first, and is kept until the cache is freed.
    if (!pages.kvmalloc()) return -ENOMEM;
    mc.capacity = KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE;
  }
  if (mc.capacity !== KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE) return -EIO;
  while (mc.objects.length < mc.capacity) {
    const page = mc.gfp_zero ? pages.alloc_zeroed_page() : pages.alloc_page();
    if (page === NO_PAGE) return mc.objects.length >= min ? 0 : -ENOMEM;
    mc.objects.push(page);
  }
  return 0;
}

/** Takes a page from the cache. An empty one is a bug of the caller: it warns and allocates on the spot. */
export function kvm_mmu_memory_cache_alloc(pages: Pages, mc: kvm_mmu_memory_cache, log: KernelLog): Pfn {
  const page = mc.objects.pop();
  if (page !== undefined) return page;
  log.warn("kvm_mmu_memory_cache_alloc: the cache is empty");
  return pages.alloc_zeroed_page();
}

/** Frees what is left in the cache. */
export function kvm_mmu_free_memory_cache(pages: Pages, mc: kvm_mmu_memory_cache): void {
  for (const page of mc.objects) pages.put_page(page);
  mc.objects = [];
  mc.capacity = 0;
}
