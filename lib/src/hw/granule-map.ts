// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import type { PhysicalMemory } from "./physical-memory.ts";

const CHUNK_SHIFT = 12;
const CHUNK_GRANULES = 1 << CHUNK_SHIFT;

/** What `GranuleMap.indexOf` answers for an address that is not the start of a granule of DRAM. */
export const NOT_A_GRANULE = -1;

/**
 * A number of 16 bits for every granule of DRAM, zero until written. Only the parts that something was written to
 * take room. Granules are counted from the start of DRAM.
 *
 * The firmware looks up several granules in every call, so this does without anything that costs: an index is a
 * small integer, and addresses are never divided.
 */
export class GranuleMap {
  readonly #basePfn: number;
  readonly #granules: number;
  readonly #chunks: (Uint16Array | undefined)[] = [];

  constructor(memory: PhysicalMemory) {
    this.#basePfn = memory.basePfn;
    this.#granules = memory.pages;
  }

  /** Index of the granule that starts at `pa` (bytes), or `NOT_A_GRANULE`. Takes any number. */
  indexOf(pa: number): number {
    const index = pa * GRANULES_PER_BYTE - this.#basePfn;
    if (!(index >= 0 && index < this.#granules)) return NOT_A_GRANULE;
    const whole = index | 0;
    return whole === index ? whole : NOT_A_GRANULE;
  }

  /** Index of a frame of DRAM. */
  indexOfPfn(pfn: number): number {
    return (pfn - this.#basePfn) | 0;
  }

  get(index: number): number {
    const chunk = this.#chunks[index >> CHUNK_SHIFT];
    return chunk === undefined ? 0 : (chunk[index & (CHUNK_GRANULES - 1)] as number);
  }

  set(index: number, value: number): void {
    const chunk = this.#chunks[index >> CHUNK_SHIFT] ?? this.#grow(index);
    chunk[index & (CHUNK_GRANULES - 1)] = value;
  }

  /** Adds to the number of a granule that is not zero; `change` may be negative. */
  add(index: number, change: number): void {
    const chunk = this.#chunks[index >> CHUNK_SHIFT];
    if (chunk !== undefined) (chunk[index & (CHUNK_GRANULES - 1)] as number) += change;
  }

  /** Makes the number of a granule `to` if it is `from`. False, and nothing done, if it is another. */
  exchange(index: number, from: number, to: number): boolean {
    const chunk = this.#chunks[index >> CHUNK_SHIFT] ?? this.#grow(index);
    const at = index & (CHUNK_GRANULES - 1);
    if (chunk[at] !== from) return false;
    chunk[at] = to;
    return true;
  }

  #grow(index: number): Uint16Array {
    const at = index >> CHUNK_SHIFT;
    // Grown one by one, the directory stays a plain array; set far past its end it would become a hash table.
    while (this.#chunks.length <= at) this.#chunks.push(undefined);
    const chunk = new Uint16Array(CHUNK_GRANULES);
    this.#chunks[at] = chunk;
    return chunk;
  }

  /** Calls `visit` for every granule whose number is not zero, in ascending order. */
  forEachNonZero(visit: (pfn: number, value: number) => void): void {
    for (const [at, chunk] of this.#chunks.entries()) {
      if (chunk === undefined) continue;
      for (let i = 0; i < CHUNK_GRANULES; i++) {
        const value = chunk[i] as number;
        if (value !== 0) visit(this.#basePfn + at * CHUNK_GRANULES + i, value);
      }
    }
  }
}

const GRANULES_PER_BYTE = 1 / PAGE_SIZE;
