// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { PAGE_SIZE } from "../base/address.ts";
import type { PhysicalMemory } from "../hw/physical-memory.ts";
import { descriptorPa, entryBytes, isTableDescriptor, TABLE_ENTRIES } from "../hw/stage2.ts";
import {
  ASSIGNED_NS_HIGH,
  assignedBits,
  assignedNsBits,
  HIPAS,
  HOST_ATTRIBUTES,
  hipasOf,
  ripasOf,
} from "./rtt-entry.ts";
import { type RttWalk, writeAddress, writeEntry } from "./rtt-walk.ts";

/** What all the entries of a table have in common, in the words of an entry one level up. */

/**
 * Fills a new table so that its 512 entries together mean what the entry at the end of the walk means.
 *
 * @returns the number of references that the new table holds: 512 when it splits assigned memory, else 0
 */
export function fillBelowEntry(memory: PhysicalMemory, table: Pfn, walk: RttWalk): number {
  const words = memory.words(table);
  const hipas = hipasOf(walk.low, walk.high, walk.level);
  if (hipas === HIPAS.UNASSIGNED || hipas === HIPAS.UNASSIGNED_NS) {
    for (let i = 0; i < TABLE_ENTRIES; i++) writeEntry(words, i, walk.low, walk.high);
    return 0;
  }
  const level = walk.level + 1;
  const bits =
    hipas === HIPAS.ASSIGNED
      ? assignedBits(ripasOf(walk.low), level)
      : assignedNsBits(walk.low & HOST_ATTRIBUTES, level);
  const highBits = hipas === HIPAS.ASSIGNED ? 0 : ASSIGNED_NS_HIGH;
  const framesPerEntry = entryBytes(level) / PAGE_SIZE;
  for (let i = 0; i < TABLE_ENTRIES; i++) {
    writeAddress(words, i, walk.pfn + i * framesPerEntry, bits, highBits);
  }
  return hipas === HIPAS.ASSIGNED ? TABLE_ENTRIES : 0;
}

/** True when the 512 entries of a table are the same, word for word. */
export function isUniform(words: Uint32Array): boolean {
  for (let i = 2; i < 2 * TABLE_ENTRIES; i += 2) {
    if (words[i] !== words[0] || words[i + 1] !== words[1]) return false;
  }
  return true;
}

/**
 * True when the 512 entries of a table at `level` map one run of memory with the same bits, starting at an address
 * that a block one level up could have.
 */
export function isContiguous(words: Uint32Array, level: number): boolean {
  const low = words[0] as number;
  const high = words[1] as number;
  const first = descriptorPa(low, high);
  const size = entryBytes(level);
  if (first % (size * TABLE_ENTRIES) !== 0) return false;
  for (let i = 0; i < TABLE_ENTRIES; i++) {
    const at = words[2 * i] as number;
    const atHigh = words[2 * i + 1] as number;
    if (isTableDescriptor(at, level)) return false;
    if ((at & 0xfff) !== (low & 0xfff) || (atHigh & ~0xffff) !== (high & ~0xffff)) return false;
    if (descriptorPa(at, atHigh) !== first + i * size) return false;
  }
  return true;
}
