// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../base/address.ts";
import { FRAME, touches } from "../base/footprint.ts";

/** 32-bit words in a page. */
export const WORDS_PER_PAGE: number = PAGE_SIZE / 4;

// Written pages come in clusters. A directory of small groups finds one in two steps, and needs little room for
// the memory that nobody wrote to.
const GROUP_SHIFT = 6;
const GROUP_PAGES = 1 << GROUP_SHIFT;

type Group = (Uint32Array | undefined)[];

/**
 * The bytes of DRAM. Everything that the machine stores lives here: guest data, the firmware's tables, host
 * buffers. A page that was never written, or was zeroed, takes no space.
 *
 * Pages are handed out as 32-bit words because a 64-bit descriptor is then two plain numbers, with no bigint on
 * the walk. No access here is checked; who may touch what is decided by `MemoryBus`.
 */
export class PhysicalMemory {
  /** First frame of DRAM. */
  readonly basePfn: Pfn;
  /** Size of DRAM in pages (granules). */
  readonly pages: number;
  readonly #groups: (Group | undefined)[] = [];
  #written = 0;

  constructor(basePfn: Pfn, pages: number) {
    this.basePfn = basePfn;
    this.pages = pages;
  }

  /** True when the frame is DRAM. */
  contains(pfn: number): boolean {
    return pfn >= this.basePfn && pfn < this.basePfn + this.pages;
  }

  /** The words of a page, if anything was ever written to it. */
  peek(pfn: Pfn): Uint32Array | undefined {
    if (touches.on) touches.read(FRAME, pfn);
    return this.#find(pfn);
  }

  #find(pfn: Pfn): Uint32Array | undefined {
    const page = pfn - this.basePfn;
    return this.#groups[page >> GROUP_SHIFT]?.[page & (GROUP_PAGES - 1)];
  }

  /** The words of a page, only to be read. */
  wordsToRead(pfn: Pfn): Uint32Array {
    if (touches.on) touches.read(FRAME, pfn);
    return this.#find(pfn) ?? this.#write(pfn);
  }

  /** The words of a page, to write to. */
  words(pfn: Pfn): Uint32Array {
    if (touches.on) touches.write(FRAME, pfn);
    return this.#find(pfn) ?? this.#write(pfn);
  }

  #write(pfn: Pfn): Uint32Array {
    const page = pfn - this.basePfn;
    const words = new Uint32Array(WORDS_PER_PAGE);
    this.#groupOf(page)[page & (GROUP_PAGES - 1)] = words;
    this.#written++;
    return words;
  }

  #groupOf(page: number): Group {
    const at = page >> GROUP_SHIFT;
    // Grown one by one, the directory stays a plain array; set far past its end it would become a hash table.
    while (this.#groups.length <= at) this.#groups.push(undefined);
    const group = this.#groups[at] ?? new Array<Uint32Array | undefined>(GROUP_PAGES).fill(undefined);
    this.#groups[at] = group;
    return group;
  }

  /** The bytes of a page, to write to. */
  bytes(pfn: Pfn): Uint8Array {
    return new Uint8Array(this.words(pfn).buffer);
  }

  /** Fills a page with zeros. */
  zero(pfn: Pfn): void {
    if (touches.on) touches.write(FRAME, pfn);
    const page = pfn - this.basePfn;
    const group = this.#groups[page >> GROUP_SHIFT];
    if (group?.[page & (GROUP_PAGES - 1)] !== undefined) this.#forget(group, page);
  }

  #forget(group: Group, page: number): void {
    group[page & (GROUP_PAGES - 1)] = undefined;
    this.#written--;
  }

  /** Copies one page over another. */
  copyPage(to: Pfn, from: Pfn): void {
    const source = this.peek(from);
    if (touches.on) touches.write(FRAME, to);
    if (source === undefined) this.zero(to);
    else this.words(to).set(source);
  }

  /** Number of pages that hold something other than their first zeros, for measuring. */
  get writtenPages(): number {
    return this.#written;
  }
}
