// SPDX-License-Identifier: MIT
import { type Gfn, gfnToGpa, type Pfn } from "../base/address.ts";
import type { Task } from "../base/task.ts";
import type { Host } from "../boot.ts";
import { OwnershipTable } from "../hw/ownership-table.ts";
import { type GmemUser, mapGuestMemfds } from "../kernel/iommufd/gmem-user.ts";
import { extendKvm } from "../kernel/kvm/extension-points.ts";
import { gmemOf, type kvm_gmem } from "../kernel/kvm/gmem-inode.ts";
import type { Kvm } from "../kernel/kvm/kvm.ts";
import { kvm_mem_is_private } from "../kernel/kvm/memory-attributes.ts";
import { KVM_MEMORY_ATTRIBUTE_PRIVATE } from "../kernel/kvm/uapi.ts";
import { NO_PAGE } from "../kernel/mm/pages.ts";

/**
 * A host whose IOMMU translates every DMA by the host's own table and then asks whose the frame is, and whose iommufd
 * takes guest_memfds.
 *
 * A frame becomes the guest's when it is looked up for a private address. It becomes the host's when its memory is
 * made shared, and otherwise only when the page is freed: as long as somebody holds it, it stays the guest's, also
 * after a hole was punched.
 */
export function translateByHost({ kernel, machine }: Host, user: GmemUser): void {
  const owners = new OwnershipTable();
  machine.smmu.owners = owners;
  kernel.pages.freeing = (pfn) => owners.release(pfn);
  mapGuestMemfds(kernel, user);
  extendKvm(kernel, {
    mayTouch: isShared,
    kvm_arch_gmem_prepare: (kvm, gfn, pfn) => {
      if (kvm_mem_is_private(kvm, gfn)) owners.assign(pfn, ownerAt(kvm, gfn));
    },
    // biome-ignore lint/correctness/useYield: the kernel awaits a task, also where nothing can wait.
    *attributesSet(kvm, start, end, attributes): Task<number> {
      if ((attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE) !== 0) return 0;
      for (const pfn of cachedFrames(kvm, start, end)) owners.release(pfn);
      return 0;
    },
  });
}

function ownerAt(kvm: Kvm, gfn: Gfn): { vmid: number; ipa: number } {
  return { vmid: kvm.arch.realm.vmid, ipa: gfnToGpa(gfn) };
}

/** The pages that guest_memfds have for guest frames `start <= gfn < end`. */
function* cachedFrames(kvm: Kvm, start: number, end: number): Generator<Pfn> {
  for (const { base_gfn, npages, gmem } of kvm.memslots.inRange(start, end)) {
    if (gmem.file === undefined) continue;
    const { inode } = gmemOf(gmem.file);
    const last = Math.min(end, base_gfn + npages);
    for (let gfn = Math.max(start, base_gfn); gfn < last; gfn++) {
      const pfn = inode.pageAt(gfn - base_gfn + gmem.pgoff);
      if (pfn !== NO_PAGE) yield pfn;
    }
  }
}

/** Whether a page of a file is shared, and so may be touched by user space that has mapped the file. */
export function isShared({ kvm, bindings }: kvm_gmem, index: number): boolean {
  const slot = bindings.find(index)?.value;
  return slot !== undefined && !kvm_mem_is_private(kvm, slot.base_gfn + index - slot.gmem.pgoff);
}
