// SPDX-License-Identifier: MIT

import { type SharedKind, sharedKind, touches } from "./footprint.ts";

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
  readonly #ranges: Range<T>[] = [];
  /** The range that was found last: a look-up mostly concerns the same range as the one before. */
  #last: Range<T> | undefined;
  readonly #kind: SharedKind;

  /** @param kind what the map is to tasks that share it */
  constructor(kind: SharedKind = sharedKind("range map")) {
    this.#kind = kind;
  }

  /** The range that holds `index`. */
  find(index: number): Range<T> | undefined {
    if (touches.on) touches.read(this.#kind);
    const last = this.#last;
    return last !== undefined && last.start <= index && index < last.end ? last : this.#search(index);
  }

  #search(index: number): Range<T> | undefined {
    const range = this.#ranges[this.#position(index)];
    if (range === undefined || range.start > index) return undefined;
    this.#last = range;
    return range;
  }

  /** Number of ranges that end at or before `index`. */
  #position(index: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Range<T>).end <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Stores a value for `start <= index < end`, or clears the range with `undefined`. */
  store(start: number, end: number, value: T | undefined): void {
    if (start >= end) return;
    if (touches.on) touches.write(this.#kind);
    const touched = this.within(start, end);
    const pieces: Range<T>[] = [];
    for (const range of touched) if (range.start < start) pieces.push({ ...range, end: start });
    if (value !== undefined) pieces.push({ start, end, value });
    for (const range of touched) if (range.end > end) pieces.push({ ...range, start: end });
    this.#ranges.splice(this.#position(start), touched.length, ...pieces);
    this.#last = undefined;
  }

  /** The stored ranges that touch `start <= index < end`, in ascending order, not clipped. */
  within(start: number, end: number): readonly Range<T>[] {
    if (touches.on) touches.read(this.#kind);
    const first = this.#position(start);
    let last = first;
    while (last < this.#ranges.length && (this.#ranges[last] as Range<T>).start < end) last++;
    return this.#ranges.slice(first, last);
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
