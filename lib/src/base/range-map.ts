// SPDX-License-Identifier: MIT

/** A range of indexes, end exclusive, with what is stored for it. */
export interface Range<T> {
  readonly start: number;
  readonly end: number;
  readonly value: T;
}

/**
 * Values stored for ranges of indexes, as the kernel's xarray stores multi-index entries. Ranges never overlap;
 * a range with `undefined` does not exist.
 */
export class RangeMap<T> {
  #ranges: Range<T>[] = [];

  /** The range that holds `index`. */
  find(index: number): Range<T> | undefined {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Range<T>).end <= index) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low];
    return range !== undefined && range.start <= index ? range : undefined;
  }

  /** Stores a value for `start <= index < end`, or clears the range with `undefined`. */
  store(start: number, end: number, value: T | undefined): void {
    const result: Range<T>[] = [];
    for (const range of this.#ranges) {
      if (range.start < start) result.push({ ...range, end: Math.min(range.end, start) });
    }
    if (value !== undefined) result.push({ start, end, value });
    for (const range of this.#ranges) {
      if (range.end > end) result.push({ ...range, start: Math.max(range.start, end) });
    }
    this.#ranges = result;
  }

  /** The stored ranges that touch `start <= index < end`, in ascending order, not clipped. */
  within(start: number, end: number): readonly Range<T>[] {
    return this.#ranges.filter((range) => range.start < end && start < range.end);
  }

  /** True when the whole of `start <= index < end` holds `value`; `undefined` asks whether it is empty. */
  isUniform(start: number, end: number, value: T | undefined): boolean {
    const touched = this.within(start, end);
    if (value === undefined) return touched.length === 0;
    let reached = start;
    for (const range of touched) {
      if (range.start > reached || range.value !== value) return false;
      reached = range.end;
    }
    return reached >= end;
  }
}
