// SPDX-License-Identifier: MIT
import { type Gfn, gfnToGpa, PAGE_SIZE } from "../base/address.ts";
import { ENOMEM } from "../base/errno.ts";
import type { Task } from "../base/task.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "../kernel/kvm/arm64/realm-map.ts";
import { extendKvm } from "../kernel/kvm/extension-points.ts";
import { type GmemPage, kvm_gmem_get_folio, kvm_gmem_get_pfn } from "../kernel/kvm/gmem-get-pfn.ts";
import { gmemOf } from "../kernel/kvm/gmem-inode.ts";
import { type Kvm, kvm_mmu_cache_min_pages } from "../kernel/kvm/kvm.ts";
import { kvm_mem_is_private } from "../kernel/kvm/memory-attributes.ts";
import type { kvm_memory_slot } from "../kernel/kvm/memslots.ts";
import { KVM_MEMORY_ATTRIBUTE_PRIVATE } from "../kernel/kvm/uapi.ts";
import {
  kvm_mmu_free_memory_cache,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "../kernel/mm/memory-cache.ts";
import { NO_PAGE } from "../kernel/mm/pages.ts";
import { frameInRealm } from "./realm-entry.ts";

/** Flag of KVM_CREATE_GUEST_MEMFD: the file is pinned. Our own, since nobody posted one. */
export const PINNED: number = 1 << 8;

/**
 * A kernel with pinned guest_memfds. Tying a slot to one allocates all pages of the slot. Once a device is bound to
 * the VM, its private memory is mapped, and from then on whatever becomes private, by KVM itself; the error of a map
 * that failed is the answer of the call that led to it. A hole takes pages away as in any other file.
 */
export function pinGuestMemfds(kernel: Kernel): void {
  const withDevice = new WeakSet<Kvm>();
  extendKvm(kernel, {
    gmemFlags: PINNED,
    slotBound: (_kvm, slot) => allocateAll(kernel, slot),
    slotPublished: (kvm, slot) => mapPinned(kvm, withDevice, slot.base_gfn, slot.base_gfn + slot.npages),
    *deviceBound(kvm): Task<number> {
      withDevice.add(kvm);
      yield* kvm.slots_lock.lock();
      const result = yield* mapPinned(kvm, withDevice, 0, Number.POSITIVE_INFINITY);
      kvm.slots_lock.unlock();
      return result;
    },
    *attributesSet(kvm, start, end, attributes): Task<number> {
      if ((attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE) === 0) return 0;
      return yield* mapPinned(kvm, withDevice, start, end);
    },
  });
}

function isPinned({ gmem }: kvm_memory_slot): boolean {
  return gmem.file !== undefined && (gmemOf(gmem.file).inode.flags & PINNED) !== 0;
}

/** Puts every page of the slot into the page cache, which alone holds it. Returns 0 or -ENOMEM. */
// biome-ignore lint/correctness/useYield: the kernel awaits a task, also where nothing can wait.
function* allocateAll(kernel: Kernel, slot: kvm_memory_slot): Task<number> {
  const { file, pgoff } = slot.gmem;
  if (file === undefined || !isPinned(slot)) return 0;
  const { kvm, inode } = gmemOf(file);
  for (let index = pgoff; index < pgoff + slot.npages; index++) {
    const pfn = kvm_gmem_get_folio(kvm, inode, index);
    if (pfn === NO_PAGE) return -ENOMEM;
    kernel.pages.put_page(pfn);
  }
  return 0;
}

/** Maps what is private and pinned of guest frames `start <= gfn < end`. The caller holds `slots_lock`. */
function* mapPinned(kvm: Kvm, withDevice: WeakSet<Kvm>, start: number, end: number): Task<number> {
  if (!withDevice.has(kvm)) return 0;
  for (const slot of kvm.memslots.inRange(start, end)) {
    const from = Math.max(start, slot.base_gfn);
    const to = Math.min(end, slot.base_gfn + slot.npages);
    if (!isPinned(slot)) continue;
    const result = yield* mapSlot(kvm, slot, from, to);
    if (result !== 0) return result;
  }
  return 0;
}

function* mapSlot(kvm: Kvm, slot: kvm_memory_slot, from: number, to: number): Task<number> {
  const { pages } = kvm.kernel;
  const cache = newMemoryCache();
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  let result = 0;
  for (let gfn = from as Gfn; gfn < to && result === 0; gfn++) {
    // A page that a vCPU has faulted in is mapped already and must not get a second reference.
    if (!kvm_mem_is_private(kvm, gfn) || frameInRealm(kvm, gfnToGpa(gfn)) !== undefined) continue;
    result = kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));
    if (result === 0) result = yield* kvm_gmem_get_pfn(kvm, slot, gfn, found);
    if (result !== 0) break;
    result = yield* realm_map_ipa(kvm, gfnToGpa(gfn), found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache);
    if (result !== 0) pages.put_page(found.page);
  }
  kvm_mmu_free_memory_cache(pages, cache);
  return result;
}
