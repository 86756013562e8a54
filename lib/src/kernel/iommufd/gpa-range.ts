// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";

/** First address that no guest can have: a number below it is exact. */
const BEYOND_ALL_MEMORY = 2 ** 53;

/**
 * A range of guest physical addresses as numbers, from the 64-bit words of the command. Nothing lies at 2^53 or
 * above, so there only the order counts: a range that is empty or reversed stays so, and one that is not stays that
 * too and still begins where it begins.
 *
 * @returns start and end in bytes, end exclusive
 */
export function toGpaRange(start: bigint, end: bigint): readonly [number, number] {
  if (end <= start) return [0, 0];
  const limit = BigInt(BEYOND_ALL_MEMORY);
  if (start >= limit) return [BEYOND_ALL_MEMORY, BEYOND_ALL_MEMORY + PAGE_SIZE];
  return [Number(start), Number(end < limit ? end : limit)];
}
