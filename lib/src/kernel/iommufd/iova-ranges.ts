// SPDX-License-Identifier: MIT
/** Arithmetic on ranges of I/O addresses, both ends included, 64 bits wide. */

/** A range of I/O addresses. */
export interface IovaRange {
  readonly start: bigint;
  readonly last: bigint;
}

/** The largest I/O address. */
export const ULONG_MAX: bigint = 2n ** 64n - 1n;

/** True when the ranges share an address. */
export function overlaps(a: IovaRange, b: IovaRange): boolean {
  return a.start <= b.last && b.start <= a.last;
}

/**
 * What is left of `range` without the addresses of `taken`, in ascending order.
 *
 * @kernel include/linux/interval_tree.h interval_tree_for_each_span, its holes
 */
export function holes(range: IovaRange, taken: readonly IovaRange[]): IovaRange[] {
  const sorted = [...taken].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const free: IovaRange[] = [];
  let next = range.start;
  for (const { start, last } of sorted) {
    if (start > range.last) break;
    if (start > next) free.push({ start: next, last: start - 1n });
    if (last >= next) next = last + 1n;
  }
  if (next <= range.last) free.push({ start: next, last: range.last });
  return free;
}

/** The addresses of `range` that lie in one of `taken`, as ranges that do not touch. */
export function spans(range: IovaRange, taken: readonly IovaRange[]): IovaRange[] {
  return holes(range, holes(range, taken));
}
