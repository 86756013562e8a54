// SPDX-License-Identifier: MIT
import type { Pfn } from "../../base/address.ts";
import { FRAME, type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import { SparseTable } from "../../base/sparse.ts";
import { PAS } from "../../hw/granule-protection.ts";
import type { BusFault, MemoryBus } from "../../hw/memory-bus.ts";
import type { FaultInjection } from "../fault-injection.ts";
import type { KernelLog } from "../log.ts";

/** What an allocation answers when there is no page: no frame has this number. */
export const NO_PAGE: Pfn = 0 as Pfn;

/** What all processors take pages from when their own run out. */
const ZONE: SharedKind = sharedKind("zone free list");

/** Pages that a processor takes from the zone at a time. @kernel mm/page_alloc.c zone_batchsize */
const PCP_BATCH = 63;

/**
 * The page allocator and the reference count of each page. A page is freed when its last reference goes.
 *
 * @kernel mm/page_alloc.c, include/linux/mm.h
 */
export class Pages {
  readonly #bus: MemoryBus;
  readonly #base: number;
  readonly #end: number;
  readonly #faults: FaultInjection;
  readonly #log: KernelLog;
  readonly #refs = new SparseTable(32);
  readonly #poisoned = new Set<Pfn>();
  /** The zone's free pages. */
  readonly #free: Pfn[] = [];
  /** Free pages of each processor, while there is more than one. */
  #pcp: Pfn[][] = [];
  /** The processor that runs. */
  cpu = 0;
  #next: number;
  #allocated = 0;
  /** Told of each page whose last reference went, before anybody else can have it. */
  freeing: ((pfn: Pfn) => void) | undefined;

  constructor(bus: MemoryBus, faults: FaultInjection, log: KernelLog) {
    this.#bus = bus;
    this.#base = bus.memory.basePfn;
    this.#end = this.#base + bus.memory.pages;
    this.#next = this.#base;
    this.#faults = faults;
    this.#log = log;
  }

  /** Pages handed out and not yet freed. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Allocates a page with one reference, or answers `NO_PAGE`. The last one freed goes out first. */
  alloc_page(): Pfn {
    if (this.#faults.hit("alloc")) return NO_PAGE;
    const pfn = this.#pcp.length === 0 ? this.#takeFromZone() : this.#takeFromPcp();
    if (pfn === NO_PAGE) return NO_PAGE;
    if (touches.on) touches.write(FRAME, pfn);
    this.#refs.set(pfn - this.#base, 1);
    this.#allocated++;
    return pfn;
  }

  #takeFromZone(): Pfn {
    return this.#free.pop() ?? (this.#next < this.#end ? (this.#next++ as Pfn) : NO_PAGE);
  }

  #takeFromPcp(): Pfn {
    const own = this.#pcp[this.cpu] as Pfn[];
    if (own.length === 0) {
      if (touches.on) touches.write(ZONE);
      this.#fill(own);
    }
    return own.pop() ?? NO_PAGE;
  }

  #fill(list: Pfn[]): void {
    for (let i = 0; i < PCP_BATCH; i++) {
      const pfn = this.#takeFromZone();
      if (pfn === NO_PAGE) break;
      list.push(pfn);
    }
    list.reverse();
  }

  /**
   * Gives each of `processors` its own list of free pages, as the kernel's per-CPU lists are. A page goes back to the
   * list of the processor that frees it. So tasks on two processors never depend on each other by allocating alone,
   * and the same task gets the same frames in whatever order the others run.
   *
   * @kernel mm/page_alloc.c struct per_cpu_pages
   */
  splitAmong(processors: number): void {
    for (const list of this.#pcp.reverse()) for (const pfn of list.reverse()) this.#free.push(pfn);
    this.#pcp = Array.from({ length: processors }, () => []);
    for (const list of this.#pcp) this.#fill(list);
  }

  /** Allocates memory for the kernel's own use, of which no account is kept: false when there is none. */
  kvmalloc(): boolean {
    return !this.#faults.hit("alloc");
  }

  /** Allocates a page filled with zeros, or answers `NO_PAGE`. */
  alloc_zeroed_page(): Pfn {
    const pfn = this.alloc_page();
    if (pfn !== NO_PAGE) this.clear_page(pfn);
    return pfn;
  }

  /** Allocates `count` pages with consecutive frames, aligned to their size; `NO_PAGE` if there are none. */
  alloc_contiguous(count: number): Pfn {
    if (this.#faults.hit("alloc")) return NO_PAGE;
    if (touches.on) touches.write(ZONE);
    const first = Math.ceil(this.#next / count) * count;
    if (first + count > this.#end) return NO_PAGE;
    // The frames skipped for alignment are not lost: single pages come from them later.
    for (let pfn = first - 1; pfn >= this.#next; pfn--) this.#free.push(pfn as Pfn);
    this.#next = first + count;
    for (let pfn = first; pfn < first + count; pfn++) this.#refs.set(pfn - this.#base, 1);
    this.#allocated += count;
    return first as Pfn;
  }

  /** Fills a page with zeros from the kernel's own, non-secure, side. */
  clear_page(pfn: Pfn): void {
    const fault = this.#bus.check(PAS.NonSecure, pfn);
    if (fault === undefined) this.#bus.memory.zero(pfn);
    else this.#warnOfFault(pfn, fault);
  }

  #warnOfFault(pfn: Pfn, fault: BusFault): void {
    this.#log.warn(`clear_page of frame 0x${pfn.toString(16)}: ${fault}`);
  }

  /** Takes one more reference. */
  get_page(pfn: Pfn): void {
    if (touches.on) touches.add(FRAME, pfn);
    this.#refs.add(pfn - this.#base, 1);
  }

  /** Drops one reference; the last one frees the page. */
  put_page(pfn: Pfn): void {
    if (touches.on) touches.write(FRAME, pfn);
    const count = this.#refs.get(pfn - this.#base);
    if (count === 0) {
      this.#log.warn(`put_page of frame 0x${pfn.toString(16)}, which is already free`);
      return;
    }
    this.#refs.set(pfn - this.#base, count - 1);
    if (count > 1) return;
    this.#allocated--;
    if (this.freeing !== undefined) this.freeing(pfn);
    // A page that has failed is never handed out again.
    if (!this.isPoisoned(pfn)) (this.#pcp[this.cpu] ?? this.#free).push(pfn);
  }

  /** References on a page; 0 for a free one. */
  page_count(pfn: Pfn): number {
    if (touches.on) touches.read(FRAME, pfn);
    return this.#refs.get(pfn - this.#base);
  }

  /** Marks a page as having failed in hardware. */
  poison(pfn: Pfn): void {
    if (touches.on) touches.write(FRAME, pfn);
    this.#poisoned.add(pfn);
  }

  isPoisoned(pfn: Pfn): boolean {
    return this.#poisoned.size > 0 && this.#poisoned.has(pfn);
  }

  /** Calls `visit` for each page that has references. */
  forEachUsed(visit: (pfn: Pfn, references: number) => void): void {
    this.#refs.forEachNonZero((index, references) => visit((this.#base + index) as Pfn, references));
  }
}
