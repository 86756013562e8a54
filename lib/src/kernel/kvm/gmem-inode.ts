// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../../base/address.ts";
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import type { RangeMap } from "../../base/range-map.ts";
import { SparseTable } from "../../base/sparse.ts";
import type { Task } from "../../base/task.ts";
import type { File } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import { RwLock } from "../mm/locks.ts";
import { NO_PAGE } from "../mm/pages.ts";
import type { Kvm } from "./kvm.ts";
import type { kvm_memory_slot } from "./memslots.ts";

/**
 * An open guest_memfd: which VM it belongs to, and which slot uses which of its pages.
 *
 * @kernel virt/kvm/guest_memfd.c struct kvm_gmem
 */
export interface kvm_gmem {
  readonly kvm: Kvm;
  readonly inode: GmemInode;
  /** Slots by page index. */
  readonly bindings: RangeMap<kvm_memory_slot>;
}

/** Somebody besides KVM who shows pages of a guest_memfd, and registered with it. */
export interface GmemListener {
  /** The pages `start <= index < end` are about to leave the file. */
  readonly invalidate: (start: number, end: number) => void;
  /** The pages `start <= index < end` are about to become private or shared. */
  readonly converted: (start: number, end: number, toPrivate: boolean) => void;
}

/** The page cache of a guest_memfd; its parts are the indexes of pages. */
const PAGE_CACHE: SharedKind = sharedKind("gmem page cache");

/** Bit of a cache entry: the page was cleared. */
const UPTODATE = 1;

/** Name by which a guest_memfd is told from other files. */
export const KVM_GMEM_FOPS = "kvm_gmem_fops";

/** What a guest_memfd file has as its private data. */
export function gmemOf(file: File): kvm_gmem {
  return file.private_data as kvm_gmem;
}

/**
 * The memory of a guest_memfd: its size and its page cache. Every page in the cache holds one reference.
 *
 * The kernel's folios are order 0 only, so "folio" and "page" mean the same here.
 */
export class GmemInode {
  /** Size in bytes, fixed when the file was made. */
  readonly size: number;
  /** Flags that the file was made with. */
  readonly flags: number;
  /** Held shared to allocate, exclusively to remove pages or change bindings. */
  readonly invalidate_lock: RwLock;
  /** Who is told before pages go. In the kernel of the patch nobody can register: KVM alone shows pages. */
  readonly listeners: Set<GmemListener> = new Set();
  readonly #kernel: Kernel;
  readonly #base: number;
  // Index of a page -> (frame - base + 1) * 2, plus 1 when the page is up to date; 0 when there is none.
  readonly #cache = new SparseTable(32);
  /** Pages in the cache. */
  nrpages = 0;

  constructor(kernel: Kernel, size: number, flags: number) {
    this.#kernel = kernel;
    this.size = size;
    this.flags = flags;
    this.#base = kernel.machine.memory.basePfn;
    this.invalidate_lock = new RwLock(kernel, "gmem invalidate_lock");
  }

  /** The page at `index` if it is in the cache, else `NO_PAGE`. Takes no reference. */
  pageAt(index: number): Pfn {
    if (touches.on) touches.read(PAGE_CACHE, index);
    const entry = this.#cache.get(index);
    return entry === 0 ? NO_PAGE : ((this.#base + (entry >>> 1) - 1) as Pfn);
  }

  /** True when the page was cleared, and so may be handed to a guest. */
  isUptodate(index: number): boolean {
    if (touches.on) touches.read(PAGE_CACHE, index);
    return (this.#cache.get(index) & UPTODATE) !== 0;
  }

  /** Clears a page unless that was done before: not when it is allocated, but before somebody gets to see it. */
  clearBeforeFirstUse(index: number, pfn: Pfn): void {
    if (this.isUptodate(index)) return;
    if (touches.on) touches.write(PAGE_CACHE, index);
    this.#kernel.pages.clear_page(pfn);
    this.#cache.add(index, UPTODATE);
  }

  /** Puts a fresh page into the cache, which takes over its first reference. */
  add(index: number, pfn: Pfn): void {
    if (touches.on) touches.write(PAGE_CACHE, index);
    this.#cache.set(index, (pfn - this.#base + 1) * 2);
    this.nrpages++;
  }

  /** Removes the pages `start <= index < end` from the cache and drops the cache's reference on each. */
  *truncate(start: number, end: number): Task<void> {
    for (let index = this.#nextFrom(start, end); index < end; index = this.#nextFrom(index + 1, end)) {
      const pfn = this.pageAt(index);
      if (touches.on) touches.write(PAGE_CACHE, index);
      this.#cache.set(index, 0);
      this.nrpages--;
      this.#kernel.pages.put_page(pfn);
      if (this.#kernel.scheduling.preemptible) yield { kind: "write", object: "gmem page cache" };
    }
  }

  /** The index of the first page from `from` on, or one that is not below `end`. */
  #nextFrom(from: number, end: number): number {
    const index = this.#cache.nextNonZero(from);
    if (touches.on) {
      // Where no page is, none must have been added meanwhile.
      const last = Math.min(end, this.size / PAGE_SIZE, index + 1);
      for (let looked = from; looked < last; looked++) touches.read(PAGE_CACHE, looked);
    }
    return index;
  }

  /** Calls `visit` for each page in the cache. */
  forEachPage(visit: (index: number, pfn: Pfn) => void): void {
    this.#cache.forEachNonZero((index) => visit(index, this.pageAt(index)));
  }
}
