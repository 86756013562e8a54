// SPDX-License-Identifier: MIT
import { gpaToGfn, PAGE_SIZE } from "../../base/address.ts";
import { EAGAIN, EEXIST, EINVAL } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "../../kernel/kvm/arm64/realm-map.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../../kernel/kvm/gmem-get-pfn.ts";
import { kvm_mmu_invalidate_wait, mmu_invalidate_retry_gfn } from "../../kernel/kvm/invalidate.ts";
import { type Kvm, kvm_mmu_cache_min_pages } from "../../kernel/kvm/kvm.ts";
import { kvm_mem_is_private } from "../../kernel/kvm/memory-attributes.ts";
import { gfn_to_memslot, kvm_slot_can_be_private } from "../../kernel/kvm/memslots.ts";
import {
  kvm_mmu_free_memory_cache,
  type kvm_mmu_memory_cache,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "../../kernel/mm/memory-cache.ts";
import { NO_PAGE } from "../../kernel/mm/pages.ts";
import type { Problem } from "../exercise.ts";
import { firstMiss } from "../gauntlet/gauntlet.ts";
import {
  kernelWith,
  type MapPageFunction,
  type MapRangeFunction,
  postedAbi,
} from "../gauntlet/submission.ts";
import { type OnTrial, played, type Trial } from "../gauntlet/trial.ts";

/** A function of the learner's in the place of the posted one, with the posted argument. */
export function onTrialWith(map: MapRangeFunction): OnTrial {
  return { kernel: kernelWith(map), abi: postedAbi };
}

/** The first thing that the trials find, as a problem of an exercise. */
export function firstProblem(onTrial: OnTrial, trials: readonly Trial[]): Problem | undefined {
  const found = firstMiss(onTrial, trials);
  if (found === undefined) return undefined;
  const { call, expected, got, why, rule, notAFunction } = found.miss;
  const id = notAFunction === true ? "not-a-function" : (rule ?? found.trial.id);
  return { id, message: why, call, expected, came: got };
}

/** Whether each trial finds something, in their order. */
export function missesOf(onTrial: OnTrial, trials: readonly Trial[]): string[] {
  return trials.filter((trial) => played(trial, onTrial) !== undefined).map(({ id }) => id);
}

/** The problem of an answer that is no function. */
export function noFunction(answer: unknown, form: string): Problem {
  return {
    id: "no-function",
    message: `The answer is a function like the one in the starter: ${form}.`,
    came: typeof answer,
  };
}

/** A loop that does what it should, around a function for one page. */
export function loopAround(mapPage: MapPageFunction): MapRangeFunction {
  return function* (kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {
    const { pages } = kvm.kernel;
    const cache = newMemoryCache();
    let addr = start_gpa;
    let ret = 0;
    while (ret === 0 && addr < end_gpa) {
      ret = kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));
      if (ret !== 0) break;
      const idx = kvm.srcu.srcu_read_lock();
      ret = yield* mapPage(kvm, addr, cache);
      kvm.srcu.srcu_read_unlock(idx);
      if (ret === 0 || ret === -EEXIST) addr += PAGE_SIZE;
      if (ret === -EAGAIN) yield* kvm_mmu_invalidate_wait(kvm);
      if (ret === -EAGAIN || ret === -EEXIST) ret = 0;
    }
    kvm_mmu_free_memory_cache(pages, cache);
    return ret !== 0 && addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;
  };
}

/** A function for one page that does what it should, for a loop to be tried with. */
export function* mapPageSafely(kvm: Kvm, addr: number, cache: kvm_mmu_memory_cache): Task<number> {
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const gfn = gpaToGfn(addr);
  const sequence = kvm.mmu_invalidate_seq;
  const memslot = gfn_to_memslot(kvm, gfn);
  if (!kvm_slot_can_be_private(memslot) || !kvm_mem_is_private(kvm, gfn)) return -EINVAL;
  let ret = yield* kvm_gmem_get_pfn(kvm, memslot, gfn, found);
  if (ret !== 0) return ret;
  yield* kvm.mmu_lock.readLock();
  if (mmu_invalidate_retry_gfn(kvm, sequence, gfn)) ret = -EAGAIN;
  else ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache, -EEXIST);
  kvm.mmu_lock.readUnlock();
  if (ret !== 0) kvm.kernel.pages.put_page(found.page);
  return ret;
}
