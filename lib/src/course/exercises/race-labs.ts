// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EAGAIN } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { type Exploration, explore } from "../../explore/explore.ts";
import { raceById } from "../../explore/races/catalogue.ts";
import { kvm_mmu_invalidate_wait } from "../../kernel/kvm/invalidate.ts";
import { type Kvm, kvm_mmu_cache_min_pages } from "../../kernel/kvm/kvm.ts";
import {
  kvm_mmu_free_memory_cache,
  type kvm_mmu_memory_cache,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "../../kernel/mm/memory-cache.ts";
import type { KernelVariant } from "../../kernel/variant.ts";

/** Maps one page (address in bytes): 0, a negative errno, or -EAGAIN to be called again for the same page. */
export type MapPage = (kvm: Kvm, addr: number, cache: kvm_mmu_memory_cache) => Task<number>;

/**
 * A kernel whose loop calls a function for each page, in an SRCU section of its own, and again when it says -EAGAIN.
 * When the range ends early it returns how many pages are done, if any.
 */
export function kernelWithPage(mapPage: MapPage): KernelVariant {
  return {
    name: "yours",
    *kvm_map_private_memory(kvm, start_gpa, end_gpa): Task<number> {
      const { pages } = kvm.kernel;
      const cache = newMemoryCache();
      let addr = start_gpa;
      let ret = 0;
      while (addr < end_gpa) {
        ret = kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));
        if (ret !== 0) break;
        const idx = kvm.srcu.srcu_read_lock();
        ret = yield* mapPage(kvm, addr, cache);
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
    },
  };
}

const explored = new Map<string, Exploration>();

/** What came of exploring a race on a kernel of the library. It is always the same, so it is explored once. */
export function verdictOf(race: string, kernel: string): Exploration {
  const key = `${race} ${kernel}`;
  const known = explored.get(key) ?? explore(raceById(race), { kernel });
  explored.set(key, known);
  return known;
}
