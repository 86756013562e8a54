// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../base/address.ts";

/** 32-bit words in a page. */
export const WORDS_PER_PAGE: number = PAGE_SIZE / 4;

const CACHE_ENTRIES = 64;

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
  readonly #written = new Map<number, Uint32Array>();
  // Table walks touch the same few pages again and again: a small direct-mapped cache keeps them off the map.
  readonly #cachedPfn: number[] = new Array<number>(CACHE_ENTRIES).fill(-1);
  readonly #cachedWords: Uint32Array[] = [];

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
    const slot = pfn & (CACHE_ENTRIES - 1);
    if (this.#cachedPfn[slot] === pfn) return this.#cachedWords[slot];
    const words = this.#written.get(pfn);
    if (words !== undefined) {
      this.#cachedPfn[slot] = pfn;
      this.#cachedWords[slot] = words;
    }
    return words;
  }

  /** The words of a page, to write to. */
  words(pfn: Pfn): Uint32Array {
    const present = this.peek(pfn);
    if (present !== undefined) return present;
    const words = new Uint32Array(WORDS_PER_PAGE);
    this.#written.set(pfn, words);
    return words;
  }

  /** The bytes of a page, to write to. */
  bytes(pfn: Pfn): Uint8Array {
    return new Uint8Array(this.words(pfn).buffer);
  }

  /** Fills a page with zeros. */
  zero(pfn: Pfn): void {
    if (!this.#written.delete(pfn)) return;
    const slot = pfn & (CACHE_ENTRIES - 1);
    if (this.#cachedPfn[slot] === pfn) this.#cachedPfn[slot] = -1;
  }

  /** Copies one page over another. */
  copyPage(to: Pfn, from: Pfn): void {
    const source = this.peek(from);
    if (source === undefined) this.zero(to);
    else this.words(to).set(source);
  }

  /** Number of pages that hold something other than their first zeros, for measuring. */
  get writtenPages(): number {
    return this.#written.size;
  }
}
