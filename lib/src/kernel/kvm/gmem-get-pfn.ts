// SPDX-License-Identifier: MIT
import type { Gfn, Pfn } from "../../base/address.ts";
import { EFAULT, EHWPOISON, EIO, ENOMEM } from "../../base/errno.ts";
import { touches } from "../../base/footprint.ts";
import { done, type Task } from "../../base/task.ts";
import { type File, fput_deferred, get_file_active } from "../fs/file.ts";
import { NO_PAGE } from "../mm/pages.ts";
import { kvmExtensions } from "./extension-points.ts";
import { type GmemInode, gmemOf } from "./gmem-inode.ts";
import type { Kvm } from "./kvm.ts";
import { type kvm_memory_slot, MEMSLOT } from "./memslots.ts";

/** Where `kvm_gmem_get_pfn` puts its answer. The page is known by its frame. */
export interface GmemPage {
  pfn: Pfn;
  /** Nonzero: one reference on this page belongs to the caller. */
  page: Pfn;
}

/**
 * Finds the page at `index`, or makes one, with a reference for the caller; `NO_PAGE` when memory is short. The
 * invalidate lock is not taken.
 *
 * Simplified: the real one answers with the folio locked. Here nobody is let in while a page is worked on.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export function kvm_gmem_get_folio(kvm: Kvm, inode: GmemInode, index: number): Pfn {
  const { pages } = kvm.kernel;
  let pfn = inode.pageAt(index);
  if (pfn === NO_PAGE) {
    pfn = pages.alloc_page();
    if (pfn === NO_PAGE) return NO_PAGE;
    inode.add(index, pfn);
  }
  pages.get_page(pfn);
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
export function kvm_gmem_get_pfn(kvm: Kvm, slot: kvm_memory_slot, gfn: Gfn, out: GmemPage): Task<number> {
  const { trace, scheduling } = kvm.kernel;
  if (trace.on) trace.call("kvm_gmem_get_pfn", { gfn, slot: slot.id });
  return scheduling.preemptible ? getPfnLater(kvm, slot, gfn, out) : done(getPfn(kvm, slot, gfn, out));
}

function* getPfnLater(kvm: Kvm, slot: kvm_memory_slot, gfn: Gfn, out: GmemPage): Task<number> {
  yield { kind: "read", object: "gmem page cache" };
  return getPfn(kvm, slot, gfn, out);
}

function getPfn(kvm: Kvm, slot: kvm_memory_slot, gfn: Gfn, out: GmemPage): number {
  if (touches.on) touches.read(MEMSLOT, slot.id);
  const file = get_file_active(slot.gmem.file);
  if (file === undefined) return -EFAULT;
  const result = getPfnFromFile(kvm, slot, gfn, file, out);
  // If the descriptor was closed meanwhile this is the last reference; the release then runs on the way out.
  fput_deferred(file, kvm.kernel.taskWork);
  return result;
}

function getPfnFromFile(kvm: Kvm, slot: kvm_memory_slot, gfn: Gfn, file: File, out: GmemPage): number {
  const { pages, log } = kvm.kernel;
  const { inode, bindings } = gmemOf(file);
  const index = gfn - slot.base_gfn + slot.gmem.pgoff;
  const bound = bindings.find(index)?.value;
  if (bound !== slot) {
    if (bound !== undefined) log.warn("kvm_gmem_get_pfn: another slot is bound at this offset");
    return -EIO;
  }
  const pfn = kvm_gmem_get_folio(kvm, inode, index);
  if (pfn === NO_PAGE) return -ENOMEM;
  if (pages.isPoisoned(pfn)) {
    pages.put_page(pfn);
    return -EHWPOISON;
  }
  inode.clearBeforeFirstUse(index, pfn);
  kvmExtensions(kvm.kernel).kvm_arch_gmem_prepare?.(kvm, gfn, pfn);
  out.pfn = pfn;
  out.page = pfn;
  return 0;
}
