// SPDX-License-Identifier: MIT
import { gpaToGfn, PAGE_SIZE, type Pfn } from "../../base/address.ts";
import { runStraight } from "../../base/task.ts";
import { boot, type Host } from "../../boot.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "../../kernel/kvm/arm64/realm-map.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../../kernel/kvm/gmem-get-pfn.ts";
import { type Kvm, kvm_mmu_cache_min_pages } from "../../kernel/kvm/kvm.ts";
import { gfn_to_memslot, type kvm_memory_slot } from "../../kernel/kvm/memslots.ts";
import {
  kvm_mmu_free_memory_cache,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "../../kernel/mm/memory-cache.ts";
import { NO_PAGE } from "../../kernel/mm/pages.ts";
import { GRANULE } from "../../rmm/granules.ts";
import { Vmm } from "../../user/vmm.ts";
import { vmOf } from "../../view/find.ts";
import { RAM } from "./map-labs.ts";

/** A realm with four pages of private memory at `RAM` and no table for them yet. */
export interface LateRealm {
  readonly vmm: Vmm;
  readonly host: Host;
  readonly kvm: Kvm;
}

/** The realm of notebook 06: its memory was plugged in after it had started. */
export function lateRealm(): LateRealm {
  const vmm = new Vmm(boot({ memory: 256 * PAGE_SIZE }));
  vmm.createVm();
  vmm.createRealm();
  vmm.activate();
  vmm.addMemory({ gpa: RAM, size: 4 * PAGE_SIZE });
  return { vmm, host: vmm.host, kvm: vmOf(vmm.host) };
}

/** The page behind a guest address (bytes) inside the slot, with a reference for the caller. */
export function pageFor(kvm: Kvm, gpa: number): Pfn {
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const slot = gfn_to_memslot(kvm, gpaToGfn(gpa)) as kvm_memory_slot;
  runStraight(kvm_gmem_get_pfn(kvm, slot, gpaToGfn(gpa), found));
  return found.pfn;
}

/** Calls realm_map_ipa for one page with a fresh cache. Returns 0 or a negative errno. */
export function mapAt(kvm: Kvm, ipa: number, pfn: Pfn): number {
  const { pages } = kvm.kernel;
  const cache = newMemoryCache();
  kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));
  const result = runStraight(realm_map_ipa(kvm, ipa, pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache));
  kvm_mmu_free_memory_cache(pages, cache);
  return result;
}

/** Number of granules in a state. */
export function granulesIn(host: Host, state: (typeof GRANULE)[keyof typeof GRANULE]): number {
  let count = 0;
  host.rmm.state.granules.forEachInUse((_, one) => {
    if (one === state) count++;
  });
  return count;
}

/** Number of tables of the realm, its two roots included. */
export function tablesOf(host: Host): number {
  return granulesIn(host, GRANULE.RTT);
}
