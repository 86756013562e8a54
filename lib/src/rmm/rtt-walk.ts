// SPDX-License-Identifier: MIT
import { alignDown, PAGE_SHIFT, type Pa, type Pfn } from "../base/address.ts";
import { FRAME, touches } from "../base/footprint.ts";
import type { PhysicalMemory } from "../hw/physical-memory.ts";
import {
  descriptorPa,
  descriptorPfn,
  entryBytes,
  entryIndex,
  entryNumber,
  isTableDescriptor,
  TABLE_ENTRIES,
} from "../hw/stage2.ts";
import type { TranslationRoot } from "./realm.ts";
import { isLive } from "./rtt-entry.ts";

/**
 * A walk of the realm translation tables, and the entry where it ended. One object is used for all walks, so that
 * a walk allocates nothing.
 */
export class RttWalk {
  readonly #memory: PhysicalMemory;
  /** Level of the table where the walk ended. */
  level = 0;
  /** Frame of that table. */
  table: Pfn = 0 as Pfn;
  /** Index of the entry in that table. */
  index = 0;
  /** Bits 31:0 of the entry, as it was when the walk reached it. */
  low = 0;
  /** Bits 63:32 of the entry. */
  high = 0;
  #words: Uint32Array = NO_WORDS;

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  /**
   * Walks from the root towards `level`: follows tables until an entry is not a table or the level is reached.
   * At the level itself the entry may well be a table.
   *
   * @param ipa an address of the realm, in bytes
   */
  to(root: TranslationRoot, ipa: number, level: number): void {
    let at = root.startLevel;
    // Concatenated roots are one table of more than 512 entries in consecutive granules.
    let table = root.rootPfn;
    if (root.rootCount > 1) table = (table + Math.floor(entryNumber(ipa, at) / TABLE_ENTRIES)) as Pfn;
    for (;;) {
      const words = this.#memory.wordsToRead(table);
      const index = entryIndex(ipa, at);
      const low = words[2 * index] as number;
      const high = words[2 * index + 1] as number;
      if (at === level || !isTableDescriptor(low, at)) {
        this.level = at;
        this.table = table;
        this.index = index;
        this.low = low;
        this.high = high;
        this.#words = words;
        return;
      }
      table = descriptorPfn(low, high) as Pfn;
      at++;
    }
  }

  /** Address that the entry holds, in bytes. */
  get pa(): Pa {
    return descriptorPa(this.low, this.high) as Pa;
  }

  /** Frame that the entry holds. */
  get pfn(): Pfn {
    return descriptorPfn(this.low, this.high) as Pfn;
  }

  /** Overwrites the entry where the walk ended. */
  write(low: number, high: number): void {
    if (touches.on) touches.write(FRAME, this.table);
    writeEntry(this.#words, this.index, low, high);
  }

  /** Overwrites the entry where the walk ended with an address and the bits around it, as `writeAddress` does. */
  writeAddress(pfn: number, bits: number, highBits: number): void {
    if (touches.on) touches.write(FRAME, this.table);
    writeAddress(this.#words, this.index, pfn, bits, highBits);
  }

  /** Moves on to the next entry of the same table. False at the end of the table. */
  next(): boolean {
    if (this.index === TABLE_ENTRIES - 1) return false;
    this.index++;
    this.low = this.#words[2 * this.index] as number;
    this.high = this.#words[2 * this.index + 1] as number;
    return true;
  }

  /**
   * The `top` output of the commands that remove something: how far the host may go on from `ipa` without missing
   * anything live. At a live entry that is `ipa` itself; otherwise the walk's table is searched from the entry on,
   * and nothing but that table, so the answer can lie past the end of the realm's address space.
   */
  top(ipa: number): number {
    let index = this.index;
    if (isLive(this.#words[2 * index] as number)) return ipa;
    while (index < TABLE_ENTRIES && !isLive(this.#words[2 * index] as number)) index++;
    const size = entryBytes(this.level);
    return alignDown(ipa, size) + (index - this.index) * size;
  }
}

const NO_WORDS = new Uint32Array(0);

/** Writes one entry of a table, given as its words. */
export function writeEntry(words: Uint32Array, index: number, low: number, high: number): void {
  words[2 * index] = low;
  words[2 * index + 1] = high;
}

/**
 * Writes an address and the bits below it into an entry.
 *
 * @param pfn frame of the address
 * @param bits bits 11:0 of the descriptor
 * @param highBits bits of the high word besides the address
 */
export function writeAddress(
  words: Uint32Array,
  index: number,
  pfn: number,
  bits: number,
  highBits: number,
): void {
  writeEntry(words, index, (pfn << PAGE_SHIFT) | bits, Math.floor(pfn / FRAMES_PER_4G) | highBits);
}

const FRAMES_PER_4G = 2 ** 20;
