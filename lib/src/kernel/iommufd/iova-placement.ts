// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EINVAL, ENOSPC, EOVERFLOW } from "../../base/errno.ts";
import { holes, type IovaRange, spans, ULONG_MAX } from "./iova-ranges.ts";

const PAGE = BigInt(PAGE_SIZE);
/** The largest alignment that placement keeps. @kernel HPAGE_SIZE, with CONFIG_TRANSPARENT_HUGEPAGE */
const HPAGE_SIZE = 2n ** 21n;
/** Where a mapping may go when nobody says: anywhere but the first page and the last. */
const EVERYWHERE: IovaRange = { start: PAGE, last: ULONG_MAX - PAGE };

/** What is to be placed. Bytes. */
interface Wanted {
  /** Address of the memory: the I/O address gets its alignment, as far as a huge page has it. */
  readonly addr: bigint;
  readonly length: bigint;
  /** The least alignment that the domains take. */
  readonly iova_alignment: bigint;
}

/**
 * Chooses the lowest free place for a mapping; it is never address 0.
 *
 * @param allowed ranges that may be used; none stands for all
 * @param taken ranges that may not be used
 * @returns the address, or -EOVERFLOW, -EINVAL for memory that is not aligned well enough, -ENOSPC
 * @kernel drivers/iommu/iommufd/io_pagetable.c
 */
export function iopt_alloc_iova(
  { addr, length, iova_alignment }: Wanted,
  allowed: readonly IovaRange[],
  taken: readonly IovaRange[],
): bigint | number {
  if (length >= ULONG_MAX / 2n) return -EOVERFLOW;
  const alignment = alignmentFor(addr, length);
  if (alignment < iova_alignment) return -EINVAL;

  const fit = (range: IovaRange): bigint | undefined => placeIn(range, length, alignment, addr % PAGE);
  for (const part of allowed.length > 0 ? spans(EVERYWHERE, allowed) : [EVERYWHERE]) {
    const start = fit(part);
    if (start === undefined) continue;
    for (const hole of holes({ start, last: part.last }, taken)) {
      const placed = fit(hole);
      if (placed !== undefined) return placed;
    }
  }
  return -ENOSPC;
}

function alignmentFor(addr: bigint, length: bigint): bigint {
  let power = 1n;
  while (power < length) power *= 2n;
  const ofAddress = addr === 0n ? power : addr & -addr;
  const smallest = power < ofAddress ? power : ofAddress;
  return smallest < HPAGE_SIZE ? smallest : HPAGE_SIZE;
}

/**
 * The lowest address of a range at which a mapping fits, if there is one. The last address of a range does not count
 * as a place, even for a single byte: as in the kernel.
 */
function placeIn(
  { start, last }: IovaRange,
  length: bigint,
  alignment: bigint,
  page_offset: bigint,
): bigint | undefined {
  if (start + alignment - 1n > ULONG_MAX) return undefined;
  const aligned = (((start + alignment - 1n) / alignment) * alignment) | page_offset;
  return aligned < last && last - aligned >= length - 1n ? aligned : undefined;
}
