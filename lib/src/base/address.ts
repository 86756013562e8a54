// SPDX-License-Identifier: MIT
/**
 * Addresses and frame numbers. At the boundaries (system calls, SMC) they are 64-bit; inside, once a value is
 * known to lie below 2^53, it is a branded `number`, so that a guest frame cannot be passed for a host frame.
 */

/** log2 of the page size: 4 KiB pages, which is also the granule size of the RMM. */
export const PAGE_SHIFT = 12;
/** Bytes in a page. */
export const PAGE_SIZE = 4096;

declare const space: unique symbol;
/** Guest frame number: guest physical address in pages. */
export type Gfn = number & { readonly [space]: "Gfn" };
/** Host frame number: physical address in pages. The kernel calls it kvm_pfn_t. */
export type Pfn = number & { readonly [space]: "Pfn" };
/** Intermediate physical address in bytes: what stage 2 translates from. */
export type Ipa = number & { readonly [space]: "Ipa" };
/** Physical address in bytes. */
export type Pa = number & { readonly [space]: "Pa" };

/** The guest frame that holds the given guest physical address (bytes). */
export function gpaToGfn(gpa: number): Gfn {
  return Math.floor(gpa / PAGE_SIZE) as Gfn;
}

/** First byte of a guest frame. */
export function gfnToGpa(gfn: Gfn): Ipa {
  return (gfn * PAGE_SIZE) as Ipa;
}

/** The host frame that holds the given physical address (bytes). */
export function paToPfn(pa: number): Pfn {
  return Math.floor(pa / PAGE_SIZE) as Pfn;
}

/** First byte of a host frame. */
export function pfnToPa(pfn: Pfn): Pa {
  return (pfn * PAGE_SIZE) as Pa;
}

// A quotient by a power of two is exact, and much faster to have than a remainder of large numbers.

/** True when `value` (bytes, at most 2^53) is a multiple of `size`, a power of two. */
export function isAligned(value: number, size: number): boolean {
  const units = value / size;
  return Math.floor(units) === units;
}

/** `value` (bytes, at most 2^53) rounded down to a multiple of `size`, a power of two. */
export function alignDown(value: number, size: number): number {
  return Math.floor(value / size) * size;
}

/** Hexadecimal with the `0x` prefix, grouped in fours from the right when it has more than four digits. */
export function hex(value: number | bigint): string {
  const digits = value.toString(16);
  return `0x${digits.length > 4 ? digits.replace(/\B(?=(.{4})+$)/g, "_") : digits}`;
}
