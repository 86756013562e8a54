// SPDX-License-Identifier: MIT

const PAGE_BYTES = 0x1000;

/** Whole pages in some bytes; imported by a cell of the tests beside it. */
export function pagesIn(bytes: number): number {
  return bytes / PAGE_BYTES;
}
