// SPDX-License-Identifier: MIT
/**
 * Stage 2 translation tables as the hardware reads them: 512 descriptors of 8 bytes in a page of 4 KiB, held as
 * two 32-bit words each so that a walk needs no bigint. `low` is bits 31:0 of a descriptor and `high` bits 63:32.
 *
 * Simplified: 4 KiB granule without LPA2 only, so addresses have 48 bits and the last level is 3.
 *
 * @spec Arm ARM, chapter D8 (VMSAv8-64 stage 2 translation)
 */

/** Level of the tables whose entries are pages. */
export const LAST_LEVEL = 3;
/** Descriptors in a table. */
export const TABLE_ENTRIES = 512;
/** Largest number of tables that may be concatenated at the start level. */
export const MAX_ROOTS = 16;

const ENTRY_BYTES = [2 ** 39, 2 ** 30, 2 ** 21, 2 ** 12] as const;

// Multiplying by the inverse of a power of two is exact, and much faster than dividing or taking a remainder.
const ENTRIES_PER_BYTE = ENTRY_BYTES.map((bytes) => 1 / bytes);

/** Bytes of address space that one entry at `level` (0 to 3) covers. */
export function entryBytes(level: number): number {
  return ENTRY_BYTES[level] as number;
}

/** Bit 0: the hardware may use the descriptor. */
export const DESC_VALID = 1;
/** Bits 1:0 of a table (levels 0 to 2) and of a page (level 3). */
export const DESC_TABLE_OR_PAGE = 3;
/** Bits 4:2, memory attributes. */
export const DESC_MEMATTR = 0x1c;
/** Bit 6, loads allowed. */
export const DESC_S2AP_READ = 0x40;
/** Bit 7, stores allowed. */
export const DESC_S2AP_WRITE = 0x80;
/** Bits 9:8, inner shareable. */
export const DESC_SH_INNER = 0x300;
/** Bit 10, access flag. */
export const DESC_AF = 0x400;
/** Bit 55, in the high word: the address is in the Non-secure space. */
export const DESC_HIGH_NS: number = 1 << 23;
/** Bits 54:53 = 0b10, in the high word: never executable. */
export const DESC_HIGH_XN: number = 2 << 21;

/** The address of bits 47:12, in bytes. */
export function descriptorPa(low: number, high: number): number {
  return (high & 0xffff) * 2 ** 32 + ((low & 0xfffff000) >>> 0);
}

/** True for a descriptor that points to a table of the next level. */
export function isTableDescriptor(low: number, level: number): boolean {
  return (low & DESC_TABLE_OR_PAGE) === DESC_TABLE_OR_PAGE && level < LAST_LEVEL;
}

/** True when `ipa` (bytes) is the start of an entry of `level`. */
export function isEntryAligned(ipa: number, level: number): boolean {
  const entry = ipa * (ENTRIES_PER_BYTE[level] as number);
  return Math.floor(entry) === entry;
}

/** Number of the entry of `level` that `ipa` (bytes) lies in, counted from the start of the address space. */
export function entryNumber(ipa: number, level: number): number {
  return Math.floor(ipa * (ENTRIES_PER_BYTE[level] as number));
}

/** Index of the entry for `ipa` (bytes) in the table of `level` that holds it. */
export function entryIndex(ipa: number, level: number): number {
  return (ipa * (ENTRIES_PER_BYTE[level] as number)) & (TABLE_ENTRIES - 1);
}

/** The frame of bits 47:12. */
export function descriptorPfn(low: number, high: number): number {
  return (high & 0xffff) * 2 ** 20 + (low >>> 12);
}
