// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";

/** First address that no guest can have: a number below it is exact. */
const BEYOND_ALL_MEMORY = 2 ** 53;

/**
 * A range of guest physical addresses as numbers, from the 64-bit words of the command. Below 2^53 the words are kept
 * as they are, empty and reversed ranges as well. Nothing lies at 2^53 or above, so there only the order counts: a
 * range that is empty or reversed stays so, and one that is not stays that too.
 *
 * @returns start and end in bytes, end exclusive
 */
export function toGpaRange(start: bigint, end: bigint): readonly [number, number] {
  const limit = BigInt(BEYOND_ALL_MEMORY);
  const last = Number(end < limit ? end : limit);
  if (start < limit) return [Number(start), last];
  return [BEYOND_ALL_MEMORY, end > start ? BEYOND_ALL_MEMORY + PAGE_SIZE : last];
}
