// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../../base/address.ts";
import { EFAULT, EINVAL } from "../../base/errno.ts";
import { runStraight } from "../../base/task.ts";
import { type File, fput } from "../fs/file.ts";
import { shmem_file, shmemInode } from "../fs/shmem.ts";
import type { Kernel } from "../kernel.ts";
import { kvm_gmem_get_folio } from "../kvm/gmem-get-pfn.ts";
import { type GmemListener, gmemOf, KVM_GMEM_FOPS } from "../kvm/gmem-inode.ts";
import { NO_PAGE } from "../mm/pages.ts";
import type { UserMemory } from "../mm/user-memory.ts";
import { type GmemUser, gmemUserOf } from "./gmem-user.ts";

/** Where the memory of an area comes from: a process's addresses, or a file. Bytes, page aligned. */
export type PagesSource =
  | { readonly type: "IOPT_ADDRESS_USER"; readonly mm: UserMemory; readonly uptr: number }
  | { readonly type: "IOPT_ADDRESS_FILE"; readonly file: File; readonly start: number };

interface Pin {
  readonly pfn: Pfn;
  count: number;
}

/**
 * Memory that areas of I/O address spaces show. Several areas can share it (IOMMU_IOAS_COPY). A page is pinned, that
 * is, has a reference more, as long as any domain maps it; a kernel that maps guest_memfds may do without.
 *
 * Simplified: no limit on locked memory, and no access by the kernel's own users (IOMMUFD_OBJ_ACCESS).
 *
 * @kernel drivers/iommu/iommufd/pages.c struct iopt_pages
 */
export class iopt_pages {
  readonly kernel: Kernel;
  readonly source: PagesSource;
  /** May be mapped writeable. */
  readonly writable: boolean;
  readonly #pins = new Map<number, Pin>();
  /** How the pages of a guest_memfd are had; nothing for other memory. */
  readonly #gmemUser: GmemUser | undefined;
  readonly #listener: GmemListener;
  #kref = 1;

  constructor(kernel: Kernel, source: PagesSource, writable: boolean) {
    this.kernel = kernel;
    this.source = source;
    this.writable = writable;
    this.#gmemUser = isGmem(source) ? gmemUserOf(kernel) : undefined;
    const start = source.type === "IOPT_ADDRESS_FILE" ? source.start / PAGE_SIZE : 0;
    this.#listener = {
      invalidate: (from, to) => this.#forget(from - start, to - start),
      converted: (from, to, toPrivate) => {
        if (toPrivate && this.#gmemUser?.onPrivate === "drop") this.#forget(from - start, to - start);
      },
    };
    if (this.#gmemUser?.registered === true) this.#gmemListeners().add(this.#listener);
  }

  iopt_get_pages(): void {
    this.#kref++;
  }

  /** Drops one reference; the last one lets go of the file. */
  iopt_put_pages(): void {
    this.#kref--;
    if (this.#kref > 0 || this.source.type !== "IOPT_ADDRESS_FILE") return;
    if (this.#gmemUser?.registered === true) this.#gmemListeners().delete(this.#listener);
    runStraight(fput(this.source.file));
  }

  /**
   * Pins `count` pages from page `first` on. Returns -EFAULT where user memory cannot be had, -EINVAL where the file
   * cannot: only files of ordinary memory can be pinned from, and only up to their size. Then nothing is pinned.
   */
  pin(first: number, count: number): number {
    const result = this.#checkFile(first, count);
    if (result !== 0) return result;
    for (let done = 0; done < count; done++) {
      if (this.#pinOne(first + done)) continue;
      this.unpin(first, done);
      return -EFAULT;
    }
    return 0;
  }

  unpin(first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const pin = this.#pins.get(index);
      if (pin === undefined) continue;
      pin.count--;
      if (pin.count > 0) continue;
      this.#pins.delete(index);
      if (this.#holdsPages) this.kernel.pages.put_page(pin.pfn);
    }
  }

  /** The page that a domain reaches at page `index`, if it is pinned. */
  pinned(index: number): Pfn | undefined {
    return this.#pins.get(index)?.pfn;
  }

  /** All pages that are pinned, each with one reference. */
  pinnedPages(): Pfn[] {
    return this.#holdsPages ? [...this.#pins.values()].map((pin) => pin.pfn) : [];
  }

  get #holdsPages(): boolean {
    return this.#gmemUser === undefined || this.#gmemUser.reference === "pin";
  }

  #gmemListeners(): Set<GmemListener> {
    return gmemOf((this.source as Extract<PagesSource, { file: File }>).file).inode.listeners;
  }

  /** Takes pages `start <= index < end` out of the domains: from now on a device that goes there faults. */
  #forget(start: number, end: number): void {
    for (const [index, { pfn }] of this.#pins) {
      if (index < start || index >= end) continue;
      this.#pins.delete(index);
      if (this.#holdsPages) this.kernel.pages.put_page(pfn);
    }
  }

  /** @kernel mm/gup.c memfd_pin_folios */
  #checkFile(first: number, count: number): number {
    if (this.source.type !== "IOPT_ADDRESS_FILE") return 0;
    const { file, start } = this.source;
    const end = start + (first + count) * PAGE_SIZE;
    if (this.#gmemUser !== undefined) return end > gmemOf(file).inode.size ? -EINVAL : 0;
    if (!shmem_file(file)) return -EINVAL;
    return end > shmemInode(file).i_size ? -EINVAL : 0;
  }

  #pinOne(index: number): boolean {
    const known = this.#pins.get(index);
    if (known !== undefined) {
      known.count++;
      return true;
    }
    const pfn = this.#lookUp(index);
    if (pfn === NO_PAGE) return false;
    if (this.#holdsPages) this.kernel.pages.get_page(pfn);
    this.#pins.set(index, { pfn, count: 1 });
    return true;
  }

  #lookUp(index: number): Pfn {
    if (this.source.type === "IOPT_ADDRESS_USER")
      return this.source.mm.get_user_page(this.source.uptr + index * PAGE_SIZE, this.writable);
    if (this.#gmemUser !== undefined)
      return this.#lookUpGmem(this.source.file, this.source.start / PAGE_SIZE + index);
    return shmemInode(this.source.file).shmem_get_folio(this.source.start / PAGE_SIZE + index);
  }

  /** The page cache of the file alone holds the page; the reference of the look-up goes at once. */
  #lookUpGmem(file: File, index: number): Pfn {
    const { kvm, inode } = gmemOf(file);
    const pfn = kvm_gmem_get_folio(kvm, inode, index);
    if (pfn === NO_PAGE) return NO_PAGE;
    inode.clearBeforeFirstUse(index, pfn);
    this.kernel.pages.put_page(pfn);
    return pfn;
  }
}

function isGmem(source: PagesSource): boolean {
  return source.type === "IOPT_ADDRESS_FILE" && source.file.f_op.name === KVM_GMEM_FOPS;
}
