// SPDX-License-Identifier: MIT
import type { Gfn, Pfn } from "../../base/address.ts";
import { EFAULT, EHWPOISON, EIO, ENOMEM } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { fput_deferred, get_file_active } from "../fs/file.ts";
import { NO_PAGE } from "../mm/pages.ts";
import { type GmemInode, gmemOf } from "./gmem-inode.ts";
import type { Kvm } from "./kvm.ts";
import type { kvm_memory_slot } from "./memslots.ts";

/** Where `kvm_gmem_get_pfn` puts its answer. The page is known by its frame. */
export interface GmemPage {
  pfn: Pfn;
  /** Nonzero: one reference on this page belongs to the caller. */
  page: Pfn;
}

/**
 * Finds the page at `index`, or makes one. Answers the page locked and with a reference for the caller, or
 * `NO_PAGE` when memory is short. The invalidate lock is not taken.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export function* kvm_gmem_get_folio(kvm: Kvm, inode: GmemInode, index: number): Task<Pfn> {
  const { kernel } = kvm;
  if (kernel.scheduling.preemptible) {
    yield { kind: "read", object: "gmem page cache" };
    yield* inode.lockFolio(index);
  }
  let pfn = inode.pageAt(index);
  if (pfn === NO_PAGE) {
    pfn = kernel.pages.alloc_page();
    if (pfn === NO_PAGE) {
      inode.unlockFolio(index);
      return NO_PAGE;
    }
    inode.add(index, pfn);
  }
  kernel.pages.get_page(pfn);
  return pfn;
}

/**
 * Looks up the page behind a guest frame. On success one reference on the page belongs to the caller.
 *
 * Returns 0; -EFAULT when the file was closed; -EIO when the file does not know this slot; -ENOMEM; -EHWPOISON
 * when the page has failed in hardware.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export function* kvm_gmem_get_pfn(kvm: Kvm, slot: kvm_memory_slot, gfn: Gfn, out: GmemPage): Task<number> {
  const { kernel } = kvm;
  if (kernel.trace.on)
    kernel.trace.emit({ kind: "call", name: "kvm_gmem_get_pfn", detail: { gfn, slot: slot.id } });
  if (kernel.scheduling.preemptible) yield { kind: "read", object: "slot->gmem.file" };
  const file = get_file_active(slot.gmem.file);
  if (file === undefined) return -EFAULT;
  const result = yield* getPfnFromFile(kvm, slot, gfn, out);
  // If the descriptor was closed meanwhile this is the last reference; the release then runs on the way out.
  fput_deferred(file, kernel.taskWork);
  return result;
}

function* getPfnFromFile(kvm: Kvm, slot: kvm_memory_slot, gfn: Gfn, out: GmemPage): Task<number> {
  const { kernel } = kvm;
  const index = gfn - slot.base_gfn + slot.gmem.pgoff;
  const file = slot.gmem.file;
  if (file === undefined) return -EFAULT;
  const gmem = gmemOf(file);
  const bound = gmem.bindings.find(index)?.value;
  if (bound !== slot) {
    if (bound !== undefined) kernel.log.warn("kvm_gmem_get_pfn: another slot is bound at this offset");
    return -EIO;
  }
  const { inode } = gmem;
  const pfn = yield* kvm_gmem_get_folio(kvm, inode, index);
  if (pfn === NO_PAGE) return -ENOMEM;
  if (kernel.pages.isPoisoned(pfn)) {
    inode.unlockFolio(index);
    kernel.pages.put_page(pfn);
    return -EHWPOISON;
  }
  if (!inode.isUptodate(index)) {
    kernel.pages.clear_page(pfn);
    inode.markUptodate(index);
  }
  inode.unlockFolio(index);
  out.pfn = pfn;
  out.page = pfn;
  return 0;
}
