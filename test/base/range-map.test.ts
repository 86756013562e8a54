// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RangeMap } from "../../lib/src/base/range-map.ts";

const SIZE = 40;

interface Store {
  readonly start: number;
  readonly length: number;
  readonly value: string | undefined;
}

const stores: fc.Arbitrary<Store[]> = fc.array(
  fc.record({
    start: fc.integer({ min: 0, max: SIZE - 1 }),
    length: fc.integer({ min: 0, max: SIZE }),
    value: fc.constantFrom("a", "b", "c", undefined),
  }),
  { maxLength: 12 },
);

/** The same stores in a range map and, index by index, in an array. */
function both(list: readonly Store[]): { map: RangeMap<string>; naive: (string | undefined)[] } {
  const map = new RangeMap<string>();
  const naive: (string | undefined)[] = Array(2 * SIZE).fill(undefined);
  for (const { start, length, value } of list) {
    map.store(start, start + length, value);
    naive.fill(value, start, start + length);
  }
  return { map, naive };
}

describe("a range map", () => {
  it("holds at each index what was stored there last", () => {
    fc.assert(
      fc.property(stores, (list) => {
        const { map, naive } = both(list);
        expect(naive.map((_, index) => map.find(index)?.value)).toEqual(naive);
      }),
    );
  });

  it("answers the ranges that touch a span in ascending order and without overlap", () => {
    fc.assert(
      fc.property(stores, fc.nat(SIZE), fc.nat(SIZE), (list, start, length) => {
        const { map, naive } = both(list);
        const end = start + length;
        const ranges = map.within(start, end);
        for (const [n, range] of ranges.entries()) {
          expect(range.start).toBeLessThan(range.end);
          expect(range.start).toBeGreaterThanOrEqual(ranges[n - 1]?.end ?? 0);
        }
        const found = naive.map((_, at) => ranges.find((r) => r.start <= at && at < r.end)?.value);
        expect(found.slice(start, end)).toEqual(naive.slice(start, end));
      }),
    );
  });

  it("is uniform over a span exactly when every index of it holds the value", () => {
    fc.assert(
      fc.property(stores, fc.nat(SIZE), fc.integer({ min: 1, max: SIZE }), (list, start, length) => {
        const { map, naive } = both(list);
        for (const value of ["a", "b", undefined]) {
          const expected = naive.slice(start, start + length).every((held) => held === value);
          expect(map.isUniform(start, start + length, value)).toBe(expected);
        }
      }),
    );
  });

  it("takes indexes far beyond 2^32 and an open end", () => {
    const map = new RangeMap<string>();
    map.store(0, Number.POSITIVE_INFINITY, "all");
    map.store(2 ** 50, 2 ** 50 + 1, undefined);
    expect([map.find(2 ** 50 - 1)?.value, map.find(2 ** 50), map.find(2 ** 51)?.value]).toEqual([
      "all",
      undefined,
      "all",
    ]);
  });

  it("does nothing for an empty range", () => {
    const map = new RangeMap<string>();
    map.store(5, 5, "a");
    expect(map.within(0, 10)).toEqual([]);
  });
});
